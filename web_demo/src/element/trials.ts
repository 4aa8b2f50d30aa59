/** A slow machine is timed again after this time, then after twice as long, and so on. */
const FIRST_MS = 2000;

/** When to time a slow machine again: it may only have been busy. */
export class Trials {
  readonly #time: () => Promise<void>;
  #count = 0;
  #next: unknown;

  /** @param time times it; it may plan the next trial. */
  constructor(time: () => Promise<void>) {
    this.#time = time;
  }

  /** Have it timed, once, however many ask for it. */
  plan(): void {
    this.#next ??= setTimeout(
      () => {
        this.#next = undefined;
        this.#count++;
        void this.#time();
      },
      FIRST_MS * 2 ** this.#count,
    );
  }
}
