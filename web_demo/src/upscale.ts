import { enlargeAlpha, fillHidden, isOpaqueWithin } from './alpha';
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
  const { scale, marginPx, alignPx = 1 } = work;
  const { width, height } = picture;
  const result = blankPicture(width * scale, height * scale);
  const plan = (length: number, from = 0) => {
    const tile = fitTile(length, work.tilePx(), marginPx);
    return planSpans(length, Math.ceil(tile / alignPx) * alignPx, marginPx, alignPx, from);
  };
  let done = 0;
  for (let y = 0; y < height; ) {
    const [row, ...rowsLeft] = plan(height, y) as [Span, ...Span[]];
    for (let x = 0; x < width; ) {
      await work.pause();
      const [column, ...columnsLeft] = plan(width, x) as [Span, ...Span[]];
      await enlargeTile(picture, result, model, row, column, work);
      done++;
      work.onTile(done, done + columnsLeft.length + rowsLeft.length * plan(width).length);
      x = column.keepEnd;
    }
    y = row.keepEnd;
  }
  return result;
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
  const enlarged = await model.run(tile, height, width);
  requireShape(enlarged, height * scale, width * scale);
  writeTile(result, enlarged.data, row, column, scale);
  if (!opaque) writeAlpha(result, picture, row, column, scale);
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
