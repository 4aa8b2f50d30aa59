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

/** A picture as a file. */
export type Encoded = { width: number; height: number; data?: undefined; blob: Blob };

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

/**
 * The part of a picture inside both ranges, as a picture of its own. Where a range ends beyond the
 * picture, its edge is repeated.
 */
export function cropPicture(
  { width, height, data }: Picture,
  rows: { start: number; end: number },
  columns: { start: number; end: number },
): Picture {
  const cropped = blankPicture(columns.end - columns.start, rows.end - rows.start);
  for (let y = rows.start; y < rows.end; y++) {
    const from = Math.min(y, height - 1) * width;
    const to = (y - rows.start) * cropped.width - columns.start;
    const end = Math.min(columns.end, width);
    cropped.data.set(
      data.subarray((from + columns.start) * 4, (from + end) * 4),
      (to + columns.start) * 4,
    );
    for (let x = end; x < columns.end; x++) {
      cropped.data.copyWithin((to + x) * 4, (to + x - 1) * 4, (to + x) * 4);
    }
  }
  return cropped;
}

/** Pictures are drawn in bands of about this many pixels, so that whoever draws can do other things. */
const BAND_PX = 500_000;

/** Draw a picture into a canvas of its size; a bitmap is closed. Waits for `breathe` between bands. */
export async function drawPicture(
  context: Pick<OffscreenCanvasRenderingContext2D, 'drawImage' | 'putImageData'>,
  picture: Picture | Bitmap,
  colorSpace: ColorSpace,
  breathe: () => Promise<void>,
): Promise<void> {
  const { width, height, data } = picture;
  if (!data) {
    context.drawImage(picture, 0, 0);
    picture.close();
    return;
  }
  const image = new ImageData(data, width, height, { colorSpace });
  const band = Math.max(1, Math.floor(BAND_PX / width));
  for (let y = 0; y < height; y += band) {
    if (y > 0) await breathe();
    context.putImageData(image, 0, 0, 0, y, width, Math.min(band, height - y));
  }
}

/**
 * How a picture's canvas is best held. Pixels from main memory stay there: writing them to a file is
 * faster, and some browsers forget to paint a canvas of their GPU again after it was hidden.
 */
export function canvasSettings(
  { data }: Picture | Bitmap,
  colorSpace: ColorSpace,
): { colorSpace: ColorSpace; willReadFrequently: boolean } {
  return { colorSpace, willReadFrequently: data !== undefined };
}
