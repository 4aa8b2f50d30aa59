import type { Enlarged, Enlarger } from '../core/engine';
import type { PixelBytes } from '../core/picture';

export type Run = (pixels: Float32Array, height: number, width: number) => Promise<Enlarged>;

/** What a runtime that computes floats from floats is to the tiler. */
export function throughFloats(run: Run): Enlarger['runBytes'] {
  return async (pixels, height, width) =>
    toBytes((await run(toFloats(pixels), height, width)).data);
}

function toFloats(pixels: PixelBytes): Float32Array {
  const floats = new Float32Array((pixels.length / 4) * 3);
  for (let from = 0, to = 0; from < pixels.length; from += 4, to += 3) {
    floats[to] = (pixels[from] as number) / 255;
    floats[to + 1] = (pixels[from + 1] as number) / 255;
    floats[to + 2] = (pixels[from + 2] as number) / 255;
  }
  return floats;
}

function toBytes(floats: Float32Array): PixelBytes {
  const bytes = new Uint8ClampedArray(Math.floor((floats.length / 3) * 4));
  for (let from = 0, to = 0; from < floats.length; from += 3, to += 4) {
    bytes[to] = toByte(floats[from] as number);
    bytes[to + 1] = toByte(floats[from + 1] as number);
    bytes[to + 2] = toByte(floats[from + 2] as number);
    bytes[to + 3] = 255;
  }
  return bytes;
}

/**
 * The nearest byte, halves upwards. Written out because Uint8ClampedArray rounds halves to even,
 * and every runtime of the project rounds this way.
 */
export function toByte(value: number): number {
  return Math.floor(Math.min(Math.max(value, 0), 1) * 255 + 0.5);
}
