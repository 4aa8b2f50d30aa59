import { cropPicture, type Picture, type PixelBytes } from '../core/picture';
import { enlarged, type Scale } from '../core/scale';
import type { Span } from './tiling';

/** The RGBA bytes that one tile of `picture` reads; beyond the picture its edge is repeated. */
export function readTile(picture: Picture, rows: Span, columns: Span): PixelBytes {
  const inside = { start: rows.readStart_, end: rows.readEnd_ };
  return cropPicture(picture, inside, { start: columns.readStart_, end: columns.readEnd_ }).data;
}

/** Write the kept part of an enlarged tile into `result`, and what it has no room for not. */
export function writeTile(
  result: Picture,
  tile: PixelBytes,
  rows: Span,
  columns: Span,
  scale: Scale,
): void {
  const stride = enlarged(columns.readEnd_ - columns.readStart_, scale);
  const { start, end, skipped: left } = keptPart(columns, result.width, scale);
  const { start: top, end: bottom, skipped } = keptPart(rows, result.height, scale);
  for (let y = top; y < bottom; y++) {
    const from = ((y - top + skipped) * stride + left) * 4;
    result.data.set(tile.subarray(from, from + (end - start) * 4), (y * result.width + start) * 4);
  }
}

/** What of a result of `length` pixels a span gives, after `skipped` pixels of its tile. */
export function keptPart({ readStart_, keepStart_, keepEnd_ }: Span, length: number, scale: Scale) {
  return {
    start: enlarged(keepStart_, scale),
    end: Math.min(enlarged(keepEnd_, scale), length),
    skipped: enlarged(keepStart_ - readStart_, scale),
  };
}
