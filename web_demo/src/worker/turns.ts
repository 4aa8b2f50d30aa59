/**
 * Shares one runtime among jobs: each takes a turn for one tile, in the order in which they asked.
 * A thumbnail is not stuck behind a panorama.
 */
export class Turns {
  #last: Promise<void> = Promise.resolve();

  /** Wait for a turn. The job that got it must call what it is given, once, when it is done. */
  async take(): Promise<() => void> {
    const before = this.#last;
    let end = (): void => undefined;
    this.#last = new Promise((resolve) => {
      end = resolve;
    });
    await before;
    return end;
  }
}
