/** The fixed part of a luma network: colours, and the bicubic that enlarges chroma. */
import { cubicWeight } from '../core/cubic';
import type { Scale } from '../core/scale';

/** BT.601: the weights of red, green and blue in luma. */
export const LUMA_WEIGHTS = [0.299, 0.587, 0.114] as const;

/** Cb = (B - Y) / 1.772 and Cr = (R - Y) / 1.402, both around zero. */
export const BLUE_RANGE = 1.772;
export const RED_RANGE = 1.402;

/** How far bicubic looks, in pixels of the input; rows and columns beyond an edge repeat it. */
export const BICUBIC_RADIUS_PX = 2;

/** What chroma takes from luma's place in G: G = Y - GREEN_FROM_BLUE * Cb - GREEN_FROM_RED * Cr. */
export const GREEN_FROM_BLUE = (LUMA_WEIGHTS[2] * BLUE_RANGE) / LUMA_WEIGHTS[1];
export const GREEN_FROM_RED = (LUMA_WEIGHTS[0] * RED_RANGE) / LUMA_WEIGHTS[1];

/** How far bicubic looks beyond a block; rows and columns beyond an edge repeat it. */
export function bicubicReach({ down }: Scale): number {
  return Math.max(BICUBIC_RADIUS_PX, down);
}

/**
 * The bicubic taps of one axis: for each of the `up` sub-pixels of a block a row of taps, for the block's
 * own `down` pixels and `bicubicReach` of them on either side.
 */
export function bicubicLines(scale: Scale): Float32Array {
  const { up, down } = scale;
  const reach = bicubicReach(scale);
  const taps = down + 2 * reach;
  const lines = new Float32Array(up * taps);
  for (let phase = 0; phase < up; phase++) {
    // From the middle of the block's first pixel.
    const offset = ((phase + 0.5) * down) / up - 0.5;
    for (let tap = 0; tap < taps; tap++) {
      lines[phase * taps + tap] = cubicWeight(offset - (tap - reach));
    }
  }
  return lines;
}
