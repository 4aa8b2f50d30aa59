import { cubicWeight } from '../core/cubic';
import type { Pixels } from './ssimulacra2';

/** A picture is made smaller by exactly `up / down`. */
export type Ratio = { up: number; down: number };

/** Keys' cubic reaches two pixels to each side. */
const SUPPORT_PX = 2;

/** Where an output value comes from: so many taps for each, one after the other. */
type Taps = { indices: Int32Array; weights: Float64Array; count: number; length: number };

/**
 * Make a photo smaller as publishing does: where `up` does not divide a side, its edge is repeated;
 * then MATLAB's `imresize`, bicubic and antialiased, one axis after the other, each rounded to bytes.
 *
 * The same as `reduce` in `pixels/sending/codecs.py`. Alpha is passed over: the result is opaque.
 */
export function reduced({ data, width, height }: Pixels, { up, down }: Ratio): Pixels {
  if (up === down) return { data, width, height };
  const rows = tapsOf(height, up, down);
  const columns = tapsOf(width, up, down);
  const low = new Uint8ClampedArray(4 * width * rows.length);
  for (let y = 0; y < rows.length; y++) {
    for (let x = 0; x < 4 * width; x++)
      low[y * 4 * width + x] = weighed(data, rows, y, x, 4 * width);
  }
  const small = new Uint8ClampedArray(4 * columns.length * rows.length).fill(255);
  for (let y = 0; y < rows.length; y++) {
    for (let x = 0; x < columns.length; x++) {
      for (let channel = 0; channel < 3; channel++) {
        const value = weighed(low, columns, x, y * 4 * width + channel, 4);
        small[4 * (y * columns.length + x) + channel] = value;
      }
    }
  }
  return { data: small, width: columns.length, height: rows.length };
}

/** A weighted sum of every `step`th value from `start`, rounded to a byte, halves up. */
function weighed(
  values: Uint8ClampedArray,
  { indices, weights, count }: Taps,
  at: number,
  start: number,
  step: number,
): number {
  let total = 0.5;
  for (let tap = at * count; tap < (at + 1) * count; tap++) {
    total += (values[start + step * (indices[tap] as number)] as number) * (weights[tap] as number);
  }
  return Math.floor(total);
}

function tapsOf(side: number, up: number, down: number): Taps {
  const padded = up * Math.ceil(side / up);
  const length = (padded * down) / up;
  const count = Math.ceil((2 * SUPPORT_PX * up) / down) + 1;
  const taps = {
    indices: new Int32Array(length * count),
    weights: new Float64Array(length * count),
    count,
    length,
  };
  for (let at = 0; at < length; at++) {
    const centre = ((at + 0.5) * up) / down - 0.5;
    const first = Math.ceil(centre - (SUPPORT_PX * up) / down);
    let sum = 0;
    for (let tap = 0; tap < count; tap++) {
      const weight = cubicWeight(((first + tap - centre) * down) / up);
      taps.indices[at * count + tap] = Math.min(mirrored(first + tap, padded), side - 1);
      taps.weights[at * count + tap] = weight;
      sum += weight;
    }
    for (let tap = at * count; tap < (at + 1) * count; tap++) {
      taps.weights[tap] = (taps.weights[tap] as number) / sum;
    }
  }
  return taps;
}

/** A position of a line that is mirrored at its ends, the last pixel repeated, as often as needed. */
function mirrored(at: number, length: number): number {
  const within = ((at % (2 * length)) + 2 * length) % (2 * length);
  return within < length ? within : 2 * length - 1 - within;
}
