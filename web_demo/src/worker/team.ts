import type { Enlarger } from '../core/engine';
import type { PixelBytes } from '../core/picture';

/** A request to a helper, and its answer: without pixels if it failed. */
export type ToHelper = { pixels: PixelBytes; height: number; width: number };
export type FromHelper = { pixels: PixelBytes | undefined };

/** An engine and helpers in other workers: each has the model, and takes a tile at a time. */
export class Team implements Enlarger {
  readonly #own: Enlarger;
  readonly #idle: MessagePort[] = [];
  #helpers = 0;

  constructor(own: Enlarger) {
    this.#own = own;
  }

  get lanes(): number {
    return (this.#own.lanes ?? 1) + this.#helpers;
  }

  add(helper: MessagePort): void {
    this.#helpers++;
    this.#idle.push(helper);
  }

  /** Helpers first: while this thread computes, it hands out nothing. */
  async runBytes(pixels: PixelBytes, height: number, width: number): Promise<PixelBytes> {
    const helper = this.#idle.pop();
    if (!helper) return this.#own.runBytes(pixels, height, width);
    const answer = await ask(helper, { pixels, height, width });
    if (answer) {
      this.#idle.push(helper);
      return answer;
    }
    this.#helpers--; // out of memory, or gone
    helper.close();
    return this.#own.runBytes(pixels, height, width);
  }

  dispose(): void {
    for (const helper of this.#idle) helper.close();
    this.#own.dispose();
  }
}

/** Undefined if the helper failed, or took so long that it must be gone. */
function ask(helper: MessagePort, tile: ToHelper): Promise<PixelBytes | undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(undefined), LONGEST_MS);
    helper.onmessage = ({ data }: MessageEvent<FromHelper>) => {
      clearTimeout(timer);
      resolve(data.pixels);
    };
    helper.postMessage(tile); // a copy: it may be needed again
  });
}

const LONGEST_MS = 20_000;

/** Answer the requests of a team. */
export function help(port: MessagePort, model: Enlarger): void {
  port.onmessage = async ({ data }: MessageEvent<ToHelper>) => {
    const { pixels, height, width } = data;
    const made = await model.runBytes(pixels, height, width).catch(() => undefined);
    port.postMessage({ pixels: made }, made ? [made.buffer] : []);
  };
}
