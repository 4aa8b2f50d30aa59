/**
 * Networks run row by row through all their layers, so that the rows stay in the cache, and memory does
 * not grow with a picture's height. Outside the picture there is a row of zeros.
 */
import type { Arena } from './arena';

/** A ring of rows: where a row is. Later rows take the places of those that nobody reads any more. */
export type Rows = (y: number) => number;

/** Of each layer the row that is read in the middle, and those above and below. */
export const KEPT_ROWS = 3;

const ALIGN_BYTES = 16;

/** A ring of `count` rows. */
export function ring(arena: Arena, rowBytes: number, count: number): Rows {
  const bytes = ALIGN_BYTES * Math.ceil(rowBytes / ALIGN_BYTES);
  const start = arena.take(bytes * count);
  return (y) => start + (y % count) * bytes;
}

/**
 * Compute `height` rows, each layer one row behind the one that it reads: a step computes one row of each.
 *
 * @param rings the rows that each layer reads, and behind them those that the last one writes.
 * @param compute a row of a layer, from the one above, its own and the one below.
 */
export function runRows(
  height: number,
  rings: Rows[],
  zeros: number,
  read: (y: number) => void,
  compute: (layer: number, from: number[], to: number) => void,
  finish: (y: number) => void,
): void {
  const depth = rings.length - 1;
  for (let step = 0; step < height + depth; step++) {
    if (step < height) read(step);
    for (let layer = 0; layer < depth; layer++) {
      const y = step - 1 - layer;
      if (y < 0 || y >= height) continue;
      const from = [y - 1, y, y + 1].map((at) =>
        at < 0 || at >= height ? zeros : (rings[layer] as Rows)(at),
      );
      compute(layer, from, (rings[layer + 1] as Rows)(y));
    }
    if (step >= depth) finish(step - depth);
  }
}
