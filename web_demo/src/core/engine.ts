import type { Backend } from './backends';
import type { Card, ModelFiles } from './card';
import type { ColorSpace, PixelBytes } from './picture';
import type { Scale, Size } from './scale';

/**
 * One way to run models: TF.js on one of its backends, or any other runtime. An engine is a separate
 * script, downloaded when it is first tried; `serve` connects it to the library.
 */
export interface Engine {
  readonly backend: Backend;
  /**
   * Start the runtime and load a model. Called again, on whatever is left of the runtime, after
   * its memory ran out or its graphics context was lost.
   *
   * @throws ModelMismatch if the model is at fault; any other error means that it does not start here.
   */
  open(files: ModelFiles, card: Card): Promise<Enlarger>;
}

/** A network that is ready: takes a picture and gives the enlarged one. */
export interface Enlarger {
  /**
   * @param pixels RGBA, row by row; alpha is ignored. The engine may transfer the buffer. Both sides are
   *   multiples of the scale's `down`.
   * @returns the enlarged RGBA, clamped, rounded to the nearest byte with halves upwards, alpha 255.
   * @throws Exhausted when memory ran out or the graphics context was lost.
   */
  runBytes(pixels: PixelBytes, height: number, width: number): Promise<PixelBytes>;
  /**
   * The same on RGB floats in [0, 1], `height * width * 3` of them; the exporter's check uses it.
   */
  run?(pixels: Float32Array, height: number, width: number): Promise<Enlarged>;
  /**
   * Enlarge a whole bitmap tile by tile, with no pixels in main memory: the bytes of `runBytes`.
   *
   * @returns the enlarged bitmap; the source is closed. Undefined, and the source stays open, if the
   *   picture is transparent anywhere or too large, or if the browser does not support this.
   * @throws Exhausted, and whatever `work.pause` throws.
   */
  paint?(bitmap: ImageBitmap, colorSpace: ColorSpace, work: Work): Promise<ImageBitmap | undefined>;
  /** Inputs and outputs from the model's file, to check the engine against. */
  readonly golden?: readonly GoldenCase[];
  /** The same of a model in whole numbers. */
  readonly checks?: readonly CheckedCase[];
  /** How many tiles it works on at once; 1 by default. */
  readonly lanes?: number;
  dispose(): void;
}

/** How a picture is cut into tiles, and what happens between them. */
export type Work = {
  /** How many times larger the model makes a picture, from its card. */
  scale: Scale;
  /** The size of the result, up to `up - 1` pixels less than the model gives; all of it unless given. */
  size?: Size | undefined;
  /** How far the model looks around a pixel, from its card. */
  marginPx: number;
  /** Where tiles may start: at multiples of this, from its card; 1 unless given. */
  alignPx?: number;
  /** About how large a tile may be; called before every tile, because it may have changed. */
  tilePx: () => number;
  /** Called after every tile. */
  onTile: (done: number, total: number) => void;
  /** Awaited before every tile: lets messages in, and throws if the work is no longer wanted. */
  pause: () => Promise<void>;
};

/** A small input of any size, and what the exported model gave for it: RGB bytes, row by row. */
export type GoldenCase = {
  scale: Scale;
  height: number;
  width: number;
  input: Uint8Array;
  output: Uint8Array;
};

/** A small input of any size, and the CRC-32 of the RGB bytes that the model makes of it, row by row. */
export type CheckedCase = Omit<GoldenCase, 'output'> & { crc: number };

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
