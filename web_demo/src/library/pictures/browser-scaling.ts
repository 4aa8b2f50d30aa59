import { UnsupportedImage } from '../../core/errors';
import type { Picture } from '../../core/picture';
import { requireReadback } from '../../core/readback';
import type { Size } from '../../core/scale';
import type { Opened } from '../types';

/**
 * Enlarge with the browser's own best scaling: used where no backend runs the model.
 *
 * @param whole the size of the enlarged picture, of which `size` is kept.
 */
export async function browserScaled(
  { picture, width, height, colorSpace }: Opened,
  whole: Size,
  size: Size,
): Promise<Picture> {
  await requireReadback();
  const bitmap =
    'data' in picture
      ? await createImageBitmap(new ImageData(picture.data, width, height, { colorSpace }))
      : picture;
  const canvas = document.createElement('canvas');
  canvas.width = size.width;
  canvas.height = size.height;
  const context = canvas.getContext('2d', { colorSpace, willReadFrequently: true });
  if (!context) throw new UnsupportedImage('The picture is too large for this browser.');
  context.imageSmoothingEnabled = true;
  context.imageSmoothingQuality = 'high';
  context.drawImage(bitmap, 0, 0, whole.width, whole.height);
  bitmap.close();
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height, { colorSpace });
  const bytes = data as Uint8ClampedArray<ArrayBuffer>;
  return { width: canvas.width, height: canvas.height, data: bytes };
}
