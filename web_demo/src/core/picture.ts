import type { Span } from '../tiles/tiling';
import type { PixelBytes } from './engine';
import { OutOfMemory } from './errors';

/** RGBA bytes, row by row: an ImageData without the DOM. */
export type Picture = {
  width: number;
  height: number;
  data: Uint8ClampedArray<ArrayBuffer>;
};

/** The browser's own kind of picture: pixels that cannot be read. */
export type Bitmap = ImageBitmap & { data?: undefined };

export function blankPicture(width: number, height: number): Picture {
  try {
    return { width, height, data: new Uint8ClampedArray(width * height * 4) };
  } catch {
    throw new OutOfMemory(tooLarge(width, height));
  }
}

export function tooLarge(width: number, height: number): string {
  return `A picture of ${width} × ${height} pixels is too large for this browser. Choose a smaller one.`;
}

/** The part of a picture inside both ranges, as a picture of its own. */
export function cropPicture(
  { width, data }: Picture,
  rows: { start: number; end: number },
  columns: { start: number; end: number },
): Picture {
  const cropped = blankPicture(columns.end - columns.start, rows.end - rows.start);
  for (let y = rows.start; y < rows.end; y++) {
    const from = (y * width + columns.start) * 4;
    const row = data.subarray(from, from + cropped.width * 4);
    cropped.data.set(row, (y - rows.start) * cropped.width * 4);
  }
  return cropped;
}

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
