/** The fixed part of a luma network: colours, and the bicubic that enlarges chroma. */
import { cubicWeight } from '../core/cubic';

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

/**
 * The bicubic taps of one axis: `scale` rows of 5, for the input pixels -2 … 2 around the one that
 * sub-pixel `row` lies in.
 */
export function bicubicLines(scale: number): Float32Array {
  const lines = new Float32Array(scale * 5);
  for (let phase = 0; phase < scale; phase++) {
    const offset = (phase + 0.5) / scale - 0.5;
    for (let tap = 0; tap < 5; tap++) lines[phase * 5 + tap] = cubicWeight(offset - (tap - 2));
  }
  return lines;
}
