import type { Backend } from './backends';
import type { Card, ModelFiles } from './card';
import type { ColorSpace, PixelBytes } from './picture';

/**
 * One way to run models: TF.js on one of its backends, or any other runtime. An engine is a script
 * of its own, downloaded when it is first tried; `serve` connects it to the library.
 */
export interface Engine {
  readonly backend: Backend;
  /**
   * Start the runtime and load a model. Called again, on whatever is left of the runtime, after
   * its memory ran out or its graphics context was lost.
   *
   * @throws ModelMismatch when the model is at fault; anything else means: does not start here.
   */
  open(files: ModelFiles, card: Card): Promise<Enlarger>;
}

/** A network that is ready: what it must do for the tiler, one picture in, one enlarged out. */
export interface Enlarger {
  /**
   * @param pixels RGBA, row by row; alpha is not looked at. The engine may give away the buffer.
   * @returns the enlarged RGBA, clamped, rounded to the nearest byte with halves upwards, alpha 255.
   * @throws Exhausted when memory ran out or the graphics context was lost.
   */
  runBytes(pixels: PixelBytes, height: number, width: number): Promise<PixelBytes>;
  /**
   * The same on RGB floats in [0, 1], `height * width * 3` of them: what exports are checked by.
   */
  run?(pixels: Float32Array, height: number, width: number): Promise<Enlarged>;
  /**
   * Enlarge a whole bitmap tile by tile, with no pixels in main memory: the bytes of `runBytes`.
   *
   * @returns a bitmap in place of the other, which is closed. Undefined, and the other stays open, for
   *   a picture that is transparent anywhere or too large, and where the browser cannot.
   * @throws Exhausted, and whatever `work.pause` throws.
   */
  paint?(bitmap: ImageBitmap, colorSpace: ColorSpace, work: Work): Promise<ImageBitmap | undefined>;
  /** What the model's file says that it gives, to check the engine by. */
  readonly golden?: readonly GoldenCase[];
  /** How many tiles it works on at once; 1 unless said. */
  readonly lanes?: number;
  dispose(): void;
}

/** How a picture is cut into tiles, and what happens between them. */
export type Work = {
  /** How many times larger the model makes a picture, from its card. */
  scale: number;
  /** How far the model looks around a pixel, from its card. */
  marginPx: number;
  /** Where tiles may start: at multiples of this, from its card; 1 unless given. */
  alignPx?: number;
  /** About how large a tile may be; asked for again and again, because it may have changed. */
  tilePx: () => number;
  /** Called after every tile. */
  onTile: (done: number, total: number) => void;
  /** Waited for before every tile: lets messages in, and throws when the work is not wanted. */
  pause: () => Promise<void>;
};

/** A small input and what the exported model gave for it, both RGB bytes, row by row. */
export type GoldenCase = {
  height: number;
  width: number;
  input: Uint8Array;
  output: Uint8Array;
};

export type Enlarged = {
  data: Float32Array;
  height: number;
  width: number;
  channels: number;
};

/** The runtime is out of memory, or lost its graphics context: smaller tiles may still work. */
export class Exhausted extends Error {
  override readonly name = 'Exhausted';
}

/** Whether memory ran out: RangeError is what arrays and WebAssembly throw. */
export function isMemoryError(error: unknown): boolean {
  return error instanceof Exhausted || error instanceof RangeError;
}
