/**
 * How engines handle transparent pictures. The compact runtime's engines for opaque pictures use
 * ./opaque-only instead; the engines whose names end in “-alpha” use this file.
 */

import type { PixelBytes } from '../core/picture';
import { cropPicture, type Picture } from '../core/picture';
import { enlarged, padded, type Scale } from '../core/scale';
import { enlargeAlpha, fillHidden, isOpaqueWithin } from './alpha';
import { keptPart, readTile } from './tile';
import type { Span } from './tiling';

export { exactReader } from './texture-reader';

/** What a tile gives to the model, and what is to be done to the result afterwards. */
export type OpenTile = { pixels: PixelBytes; finish?: (result: Picture) => void };

/** How far Catmull-Rom interpolation looks: the enlarged alpha can be above zero this far out. */
const ALPHA_REACH_PX = 2;

/** Read a tile of a picture; hidden pixels have the colours of their neighbours. */
export function openTile(
  picture: Picture,
  row: Span,
  column: Span,
  { scale, marginPx }: { scale: Scale; marginPx: number },
): OpenTile {
  // Where everything within reach of a tile is opaque, both ways give the same bytes; this is faster.
  const reach = marginPx + ALPHA_REACH_PX;
  const opaque = isOpaqueWithin(
    picture,
    widened(row.readStart_, row.readEnd_, picture.height, reach),
    widened(column.readStart_, column.readEnd_, picture.width, reach),
  );
  if (opaque) return { pixels: readTile(picture, row, column) };
  return {
    pixels: readHiddenFilled(picture, row, column, reach),
    finish: (result) => writeAlpha(result, picture, row, column, scale),
  };
}

/** A tile's bytes, with colour under what is transparent. It spreads no further than `radius`. */
function readHiddenFilled(picture: Picture, row: Span, column: Span, radius: number): PixelBytes {
  const rows = widened(row.readStart_, row.readEnd_, picture.height, radius);
  const columns = widened(column.readStart_, column.readEnd_, picture.width, radius);
  const filled = fillHidden(cropPicture(picture, rows, columns), radius);
  return readTile(filled, shifted(row, rows.start), shifted(column, columns.start));
}

function writeAlpha(result: Picture, picture: Picture, row: Span, column: Span, scale: Scale) {
  // What is cut out begins with a block, as spans do.
  const reach = padded(ALPHA_REACH_PX, scale);
  const rows = widened(row.keepStart_, row.keepEnd_, picture.height, reach);
  const columns = widened(column.keepStart_, column.keepEnd_, picture.width, reach);
  const alpha = enlargeAlpha(cropPicture(picture, rows, columns), scale);
  const stride = enlarged(columns.end - columns.start, scale);
  const [top, left] = [enlarged(rows.start, scale), enlarged(columns.start, scale)];
  const [down, across] = [
    keptPart(row, result.height, scale),
    keptPart(column, result.width, scale),
  ];
  for (let y = down.start; y < down.end; y++) {
    const from = (y - top) * stride - left;
    for (let x = across.start; x < across.end; x++) {
      result.data[(y * result.width + x) * 4 + 3] = alpha[from + x] as number;
    }
  }
}

function widened(start: number, end: number, length: number, by: number) {
  return { start: Math.max(0, start - by), end: Math.min(length, end + by) };
}

function shifted({ readStart_, readEnd_, keepStart_, keepEnd_ }: Span, by: number): Span {
  return {
    readStart_: readStart_ - by,
    readEnd_: readEnd_ - by,
    keepStart_: keepStart_ - by,
    keepEnd_: keepEnd_ - by,
  };
}
