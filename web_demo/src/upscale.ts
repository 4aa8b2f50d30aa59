import { enlargeAlpha, fillHidden, isOpaque } from './alpha';
import type { Enlarger } from './engine';
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
  const [columns, rows] = [picture.width, picture.height].map((length) => {
    const tile = roundUp(fitTile(length, tilePx, marginPx), alignPx);
    return planSpans(length, tile, marginPx, alignPx);
  }) as [Span[], Span[]];
  const tiles = rows.flatMap((row) => columns.map((column) => ({ row, column })));
  for (const [index, { row, column }] of tiles.entries()) {
    await work.pause();
    const height = row.readEnd - row.readStart;
    const width = column.readEnd - column.readStart;
    const tile = opaque
      ? readTile(picture, row, column)
      : readHiddenFilled(picture, row, column, marginPx + ALPHA_REACH_PX);
    const enlarged = await model.run(tile, height, width);
    requireShape(enlarged, height * scale, width * scale);
    writeTile(result, enlarged.data, row, column, scale);
    if (!opaque) writeAlpha(result, picture, row, column, scale);
    work.onTile(index + 1, tiles.length);
  }
  return result;
}

/** A tile's floats, with colour under what is transparent. It spreads no further than `radius`. */
function readHiddenFilled(picture: Picture, row: Span, column: Span, radius: number): Float32Array {
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

function requireShape(
  got: { height: number; width: number; channels: number },
  height: number,
  width: number,
): void {
  if (got.height !== height || got.width !== width || got.channels !== 3) {
    throw new ModelMismatch(
      `The model gave ${got.width} × ${got.height} pixels of ${got.channels} channels ` +
        `where its card promises ${width} × ${height} of 3. Export it again.`,
    );
  }
}
