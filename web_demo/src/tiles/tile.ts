import { cropPicture, type Picture, type PixelBytes } from '../core/picture';
import type { Span } from './tiling';

/** The RGBA bytes that one tile of `picture` reads. */
export function readTile(picture: Picture, rows: Span, columns: Span): PixelBytes {
  const inside = { start: rows.readStart, end: rows.readEnd };
  return cropPicture(picture, inside, { start: columns.readStart, end: columns.readEnd }).data;
}

/** Write the kept part of an enlarged tile into `result`. */
export function writeTile(
  result: Picture,
  tile: PixelBytes,
  rows: Span,
  columns: Span,
  scale: number,
): void {
  const stride = (columns.readEnd - columns.readStart) * scale;
  const left = (columns.keepStart - columns.readStart) * scale;
  const width = (columns.keepEnd - columns.keepStart) * scale;
  for (let y = rows.keepStart * scale; y < rows.keepEnd * scale; y++) {
    const from = ((y - rows.readStart * scale) * stride + left) * 4;
    const to = (y * result.width + columns.keepStart * scale) * 4;
    result.data.set(tile.subarray(from, from + width * 4), to);
  }
}
