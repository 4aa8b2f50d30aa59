import { breather } from '../core/breathe';

/** A decoded picture that a canvas draws. */
export type Drawn = ImageBitmap | HTMLImageElement;

/** Large pictures are read in bands of about this many pixels: the page stays alive between two. */
const BAND_PX = 500_000;

export const breathe = breather();

/**
 * Decode a file without the page standing still. WebKit decodes an ImageBitmap on the page, when it is
 * first drawn: 24 megapixels took a second.
 *
 * @throws DOMException if it is not an image.
 */
export async function decoded(file: Blob): Promise<HTMLImageElement> {
  const image = new Image();
  image.src = URL.createObjectURL(file);
  try {
    await image.decode();
  } catch (error) {
    close(image);
    throw error;
  }
  return image;
}

/** Release what a picture holds. */
export function close(picture: Drawn | undefined): void {
  if (picture instanceof ImageBitmap) picture.close();
  else if (picture) URL.revokeObjectURL(picture.src);
}

/** Some rows of a picture: RGBA bytes in sRGB. */
export type Rows = { y: number; data: Uint8ClampedArray<ArrayBuffer> };

/** Read a picture, some rows at a time. */
export async function* rowsOf(picture: Drawn): AsyncGenerator<Rows> {
  const { width, height } = picture;
  const rows = Math.max(1, Math.min(height, Math.floor(BAND_PX / width)));
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = rows;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) throw new Error('the browser gave no canvas to read from');
  context.globalCompositeOperation = 'copy';
  for (let y = 0; y < height; y += rows) {
    if (y > 0) await breathe();
    const count = Math.min(rows, height - y);
    context.drawImage(picture, 0, y, width, count, 0, 0, width, count);
    const { data } = context.getImageData(0, 0, width, count);
    yield { y, data: data as Uint8ClampedArray<ArrayBuffer> };
  }
}

/** The pixels of a picture, in sRGB. */
export async function readPixels(picture: Drawn): Promise<ImageData> {
  const { width, height } = picture;
  const pixels = new ImageData(width, height);
  for await (const { y, data } of rowsOf(picture)) pixels.data.set(data, 4 * y * width);
  return pixels;
}
