import { UnsupportedImage } from '../core/errors';
import type { ColorSpace } from '../core/picture';
import { blankPicture, type Picture, tooLarge } from '../core/picture';
import { requireReadback } from '../core/readback';
import { exactReader } from '../tiles/transparency';

/** Read in bands of about this many pixels: each is fast, and no canvas is as large as the picture. */
const BAND_PX = 500_000;

/**
 * The exact pixels of a bitmap, which is closed. Waits for `breathe` between two bands.
 *
 * @throws NoReadback, and UnsupportedImage if it is too large.
 */
export async function readBitmap(
  bitmap: ImageBitmap,
  colorSpace: ColorSpace,
  breathe: () => Promise<void>,
): Promise<Picture> {
  await requireReadback();
  const { width, height } = bitmap;
  const rows = Math.min(height, Math.max(1, Math.floor(BAND_PX / width)));
  const picture = blankPicture(width, height);
  const exact = exactReader?.(bitmap, colorSpace);
  try {
    // Kept in main memory: the pixels are read back once and nothing else happens to them.
    const settings = { willReadFrequently: true, colorSpace };
    const canvas = new OffscreenCanvas(width, rows);
    // Where it is null, using it is the error.
    const context = canvas.getContext('2d', settings) as OffscreenCanvasRenderingContext2D;
    context.globalCompositeOperation = 'copy';
    for (let y = 0; y < height; y += rows) {
      if (y > 0) await breathe();
      const count = Math.min(rows, height - y);
      context.drawImage(bitmap, 0, y, width, count, 0, 0, width, count);
      const { data } = context.getImageData(0, 0, width, count, { colorSpace });
      picture.data.set((await exact?.read(data, y, count)) ?? data, y * width * 4);
    }
    return picture;
  } catch (cause) {
    throw new UnsupportedImage(tooLarge(width, height), { cause });
  } finally {
    exact?.close();
    bitmap.close();
  }
}
