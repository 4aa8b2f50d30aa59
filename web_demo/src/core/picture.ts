import { OutOfMemory } from './errors';

/** RGBA bytes, row by row. */
export type PixelBytes = Uint8ClampedArray<ArrayBuffer>;

/** What the numbers of a picture mean. */
export type ColorSpace = 'srgb' | 'display-p3';

/** RGBA bytes with a size: an ImageData without the DOM. */
export type Picture = {
  width: number;
  height: number;
  data: PixelBytes;
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
