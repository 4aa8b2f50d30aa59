import { enlargeAlpha, fillHidden, isOpaque } from './alpha';
import type { Enlarger } from './model';
import { blankPicture, type Picture, readTile, writeTile } from './picture';
import { planSpans } from './tiling';

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

/** How far beyond a visible pixel the enlarged alpha can still be above zero. */
const ALPHA_REACH_PX = 2;

/** Enlarge a picture tile by tile: the same bytes as running the model on the whole of it. */
export async function upscale(picture: Picture, model: Enlarger, work: Work): Promise<Picture> {
  const { scale, marginPx, tilePx, alignPx = 1 } = work;
  const opaque = isOpaque(picture);
  const source = opaque ? picture : fillHidden(picture, marginPx + ALPHA_REACH_PX);
  const result = blankPicture(picture.width * scale, picture.height * scale);
  const columns = planSpans(picture.width, tilePx, marginPx, alignPx);
  const tiles = planSpans(picture.height, tilePx, marginPx, alignPx).flatMap((row) =>
    columns.map((column) => ({ row, column })),
  );
  for (const [index, { row, column }] of tiles.entries()) {
    await work.pause();
    const height = row.readEnd - row.readStart;
    const width = column.readEnd - column.readStart;
    const enlarged = await model.run(readTile(source, row, column), height, width);
    requireShape(enlarged, height * scale, width * scale);
    writeTile(result, enlarged.data, row, column, scale);
    work.onTile(index + 1, tiles.length);
  }
  if (!opaque) {
    const alpha = enlargeAlpha(picture, scale);
    for (let i = 0; i < alpha.length; i++) result.data[i * 4 + 3] = alpha[i] as number;
  }
  return result;
}

function requireShape(
  got: { height: number; width: number; channels: number },
  height: number,
  width: number,
): void {
  if (got.height !== height || got.width !== width || got.channels !== 3) {
    throw new Error(
      `the model gave ${got.width} × ${got.height} pixels of ${got.channels} channels ` +
        `where its card promises ${width} × ${height} of 3`,
    );
  }
}
