import { UnsupportedImage } from '../core/errors';
import type { Bitmap, ColorSpace, Encoded, Picture } from '../core/picture';
import { canvasSettings, drawPicture, tooLarge } from '../core/picture';
import { requireReadback } from '../core/readback';

/**
 * Write a picture as a PNG. Browsers may stand still meanwhile: better here than on the page.
 *
 * @returns the picture itself where there is no OffscreenCanvas; the page then writes it.
 * @throws NoReadback, and UnsupportedImage if it is too large.
 */
export async function encode(
  picture: Picture | Bitmap,
  colorSpace: ColorSpace,
  breathe: () => Promise<void>,
): Promise<Picture | Bitmap | Encoded> {
  if (typeof OffscreenCanvas !== 'function') return picture;
  await requireReadback();
  const { width, height } = picture;
  try {
    const canvas = new OffscreenCanvas(width, height);
    const context = canvas.getContext('2d', canvasSettings(picture, colorSpace));
    // Where it is null, using it is the error.
    const drawing = context as OffscreenCanvasRenderingContext2D;
    await drawPicture(drawing, picture, colorSpace, breathe);
    return { width, height, blob: await canvas.convertToBlob() };
  } catch (cause) {
    throw new UnsupportedImage(tooLarge(width, height), { cause });
  }
}
