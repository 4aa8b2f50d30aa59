import type { Enlarger, Work } from '../core/engine';
import { ModelMismatch } from '../core/errors';
import { blankPicture, type Picture, type PixelBytes } from '../core/picture';
import { enlarged, enlargedSize, padded, type Scale } from '../core/scale';
import { writeTile } from './tile';
import { fitTile, planSpans, type Span } from './tiling';
import { openTile } from './transparency';

/**
 * Enlarge a picture tile by tile: the same bytes as running the model on the whole of it.
 *
 * Everything is done tile by tile, transparency too: apart from the two pictures, memory does not grow
 * with the picture, and no step takes longer than a tile.
 */
export async function upscale(picture: Picture, model: Enlarger, work: Work): Promise<Picture> {
  const { width, height } = work.size ?? enlargedSize(picture, work.scale);
  const result = blankPicture(width, height);
  const enlarge = (row: Span, column: Span) =>
    enlargeTile(picture, result, model, row, column, work);
  await eachTile(picture, work, enlarge, model.lanes ?? 1);
  return result;
}

/**
 * Call `enlarge` for every tile of a picture, for up to `lanes` tiles at once. The last ones reach beyond
 * the picture where it does not end with a block of the scale's.
 */
export async function eachTile(
  picture: { width: number; height: number },
  work: Work,
  enlarge: (row: Span, column: Span) => Promise<void>,
  lanes: number,
): Promise<void> {
  const { marginPx, scale, alignPx = scale.down } = work;
  const [width, height] = [padded(picture.width, scale), padded(picture.height, scale)];
  const plan = (length: number, from = 0, parts = 1) => {
    const fitting = fitTile(length, work.tilePx(), marginPx);
    const tile = Math.min(fitting, shareOf(length, parts, marginPx));
    return planSpans(length, Math.ceil(tile / alignPx) * alignPx, marginPx, alignPx, from);
  };
  const running = new Set<Promise<void>>();
  let done = 0;
  const start = async (row: Span, column: Span, total: number) => {
    await enlarge(row, column);
    work.onTile(++done, total);
  };
  try {
    for (let y = 0; y < height; ) {
      const parts = Math.ceil(lanes / plan(width).length);
      const [row, ...rowsLeft] = plan(height, y, parts) as [Span, ...Span[]];
      for (let x = 0; x < width; ) {
        if (running.size >= lanes) await Promise.race(running);
        await work.pause();
        const [column, ...columnsLeft] = plan(width, x) as [Span, ...Span[]];
        const left = columnsLeft.length + rowsLeft.length * plan(width).length;
        const total = done + running.size + 1 + left;
        // One that failed stays in the set: the next wait for it ends the picture.
        const task = start(row, column, total).then(() => void running.delete(task));
        task.catch(() => undefined); // it may fail while nobody waits
        running.add(task);
        x = column.keepEnd_;
      }
      y = row.keepEnd_;
    }
    await Promise.all(running);
  } finally {
    await Promise.allSettled(running); // so that no failure goes unseen
  }
}

async function enlargeTile(
  picture: Picture,
  result: Picture,
  model: Enlarger,
  row: Span,
  column: Span,
  work: Work,
): Promise<void> {
  const height = row.readEnd_ - row.readStart_;
  const width = column.readEnd_ - column.readStart_;
  const { pixels, finish } = openTile(picture, row, column, work);
  const enlarged = await model.runBytes(pixels, height, width);
  requireLength(enlarged, height, width, work.scale);
  writeTile(result, enlarged, row, column, work.scale);
  finish?.(result);
}

/** The side of windows that cut `length` pixels into `parts`, if more than margins are left. */
function shareOf(length: number, parts: number, margin: number): number {
  if (parts === 1) return Number.POSITIVE_INFINITY;
  return Math.max(Math.ceil((length - 2 * margin) / parts) + 2 * margin, 4 * margin + 16);
}

function requireLength(got: PixelBytes, height: number, width: number, scale: Scale): void {
  const expected = enlarged(height, scale) * enlarged(width, scale);
  if (got.length !== 4 * expected) {
    throw new ModelMismatch(
      `The model gave ${got.length / 4} pixels where its card promises ${expected}. Export it again.`,
    );
  }
}
