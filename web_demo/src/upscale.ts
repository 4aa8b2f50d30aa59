import { enlargeAlpha, fillHidden, isOpaqueWithin } from './alpha';
import type { Enlarger, PixelBytes } from './engine';
import { ModelMismatch } from './errors';
import { blankPicture, cropPicture, type Picture, readTile, writeTile } from './picture';
import { fitTile, planSpans, type Span } from './tiling';

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

/** How far Catmull-Rom interpolation looks: the enlarged alpha can be above zero this far out. */
const ALPHA_REACH_PX = 2;

/**
 * Enlarge a picture tile by tile: the same bytes as running the model on the whole of it.
 *
 * All that is done, is done tile by tile, transparency too: beside the two pictures the memory
 * needed does not grow with the picture, and no step is longer than a tile.
 */
export async function upscale(picture: Picture, model: Enlarger, work: Work): Promise<Picture> {
  const { width, height } = picture;
  const result = blankPicture(width * work.scale, height * work.scale);
  const enlarge = (row: Span, column: Span) =>
    enlargeTile(picture, result, model, row, column, work);
  await eachTile(width, height, work, enlarge, model.lanes);
  return result;
}

/** Do something with every tile of a picture, with `lanes` of them at once. */
export async function eachTile(
  width: number,
  height: number,
  work: Work,
  enlarge: (row: Span, column: Span) => Promise<void>,
  lanes = 1,
): Promise<void> {
  const { marginPx, alignPx = 1 } = work;
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
        const task = start(row, column, total).finally(() => running.delete(task));
        running.add(task);
        x = column.keepEnd;
      }
      y = row.keepEnd;
    }
    await Promise.all(running);
  } finally {
    await Promise.allSettled(running); // nothing is left behind that would fail unseen
  }
}

async function enlargeTile(
  picture: Picture,
  result: Picture,
  model: Enlarger,
  row: Span,
  column: Span,
  { scale, marginPx }: Work,
): Promise<void> {
  const height = row.readEnd - row.readStart;
  const width = column.readEnd - column.readStart;
  // What is all opaque in reach of a tile gives it the same bytes either way, and sooner.
  const reach = marginPx + ALPHA_REACH_PX;
  const opaque = isOpaqueWithin(
    picture,
    widened(row.readStart, row.readEnd, picture.height, reach),
    widened(column.readStart, column.readEnd, picture.width, reach),
  );
  const tile = opaque
    ? readTile(picture, row, column)
    : readHiddenFilled(picture, row, column, reach);
  const enlarged = await model.runBytes(tile, height, width);
  requireLength(enlarged, height, width, scale);
  writeTile(result, enlarged, row, column, scale);
  if (!opaque) writeAlpha(result, picture, row, column, scale);
}

/** A tile's bytes, with colour under what is transparent. It spreads no further than `radius`. */
function readHiddenFilled(picture: Picture, row: Span, column: Span, radius: number): PixelBytes {
  const rows = widened(row.readStart, row.readEnd, picture.height, radius);
  const columns = widened(column.readStart, column.readEnd, picture.width, radius);
  const filled = fillHidden(cropPicture(picture, rows, columns), radius);
  return readTile(filled, shifted(row, rows.start), shifted(column, columns.start));
}

function writeAlpha(result: Picture, picture: Picture, row: Span, column: Span, scale: number) {
  const rows = widened(row.keepStart, row.keepEnd, picture.height, ALPHA_REACH_PX);
  const columns = widened(column.keepStart, column.keepEnd, picture.width, ALPHA_REACH_PX);
  const alpha = enlargeAlpha(cropPicture(picture, rows, columns), scale);
  const stride = (columns.end - columns.start) * scale;
  for (let y = row.keepStart * scale; y < row.keepEnd * scale; y++) {
    const from = (y - rows.start * scale) * stride - columns.start * scale;
    for (let x = column.keepStart * scale; x < column.keepEnd * scale; x++) {
      result.data[(y * result.width + x) * 4 + 3] = alpha[from + x] as number;
    }
  }
}

/** The side of windows that cut `length` pixels into so many, if that leaves more than margins. */
function shareOf(length: number, parts: number, margin: number): number {
  if (parts === 1) return Number.POSITIVE_INFINITY;
  return Math.max(Math.ceil((length - 2 * margin) / parts) + 2 * margin, 4 * margin + 16);
}

function requireLength(got: PixelBytes, height: number, width: number, scale: number): void {
  const expected = height * width * scale ** 2;
  if (got.length !== 4 * expected) {
    throw new ModelMismatch(
      `The model gave ${got.length / 4} pixels where its card promises ${expected}. Export it again.`,
    );
  }
}

function widened(start: number, end: number, length: number, by: number) {
  return { start: Math.max(0, start - by), end: Math.min(length, end + by) };
}

function shifted({ readStart, readEnd, keepStart, keepEnd }: Span, by: number): Span {
  return {
    readStart: readStart - by,
    readEnd: readEnd - by,
    keepStart: keepStart - by,
    keepEnd: keepEnd - by,
  };
}
