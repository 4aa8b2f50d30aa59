import { enlargeAlpha, fillHidden, isOpaque } from './alpha';
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
  tilePx: number;
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
  const { scale, marginPx, tilePx, alignPx = 1 } = work;
  const opaque = isOpaque(picture);
  const result = blankPicture(picture.width * scale, picture.height * scale);
  const lanes = model.lanes ?? 1;
  const plan = (length: number, parts: number) => {
    const tile = Math.min(fitTile(length, tilePx, marginPx), shareOf(length, parts, marginPx));
    return planSpans(length, roundUp(tile, alignPx), marginPx, alignPx);
  };
  const columns = plan(picture.width, 1);
  const rows = plan(picture.height, Math.ceil(lanes / columns.length));
  const tiles = rows.flatMap((row) => columns.map((column) => ({ row, column })));
  let done = 0;
  const enlarge = async ({ row, column }: (typeof tiles)[number]) => {
    const height = row.readEnd - row.readStart;
    const width = column.readEnd - column.readStart;
    const tile = opaque
      ? readTile(picture, row, column)
      : readHiddenFilled(picture, row, column, marginPx + ALPHA_REACH_PX);
    const enlarged = await model.runBytes(tile, height, width);
    requireLength(enlarged, height, width, scale);
    writeTile(result, enlarged, row, column, scale);
    if (!opaque) writeAlpha(result, picture, row, column, scale);
    work.onTile(++done, tiles.length);
  };
  const running = new Set<Promise<void>>();
  try {
    for (const tile of tiles) {
      if (running.size >= lanes) await Promise.race(running);
      await work.pause();
      const task = enlarge(tile).finally(() => running.delete(task));
      running.add(task);
    }
    await Promise.all(running);
  } finally {
    await Promise.allSettled(running); // nothing is left behind that would fail unseen
  }
  return result;
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

function roundUp(length: number, multiple: number): number {
  return Math.ceil(length / multiple) * multiple;
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
