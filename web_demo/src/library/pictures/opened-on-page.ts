import type { ColorSpace, Picture } from '../../core/picture';
import { requireReadback } from '../../core/readback';
import type { Opened } from '../types';
import { orientationLeft } from './image-files';
import { turned } from './webp-orientation';

/**
 * Read a bitmap on the page: its EXIF orientation must be applied, or no worker can read it.
 *
 * @returns undefined if it is too large.
 * @throws NoReadback without a message.
 */
export async function openedOnPage(
  bitmap: ImageBitmap,
  colorSpace: ColorSpace,
  lying: Blob | undefined,
): Promise<Opened | undefined> {
  const orientation = lying ? await orientationLeft(lying) : 1;
  if (orientation === 1 && typeof OffscreenCanvas === 'function') {
    return { picture: bitmap, width: bitmap.width, height: bitmap.height, colorSpace };
  }
  await requireReadback();
  const pixels = pixelsOf(bitmap, colorSpace);
  if (!pixels) return undefined;
  const picture = turned(pixels, orientation);
  return { picture, width: picture.width, height: picture.height, colorSpace };
}

function pixelsOf(bitmap: ImageBitmap, colorSpace: ColorSpace): Picture | undefined {
  const canvas = document.createElement('canvas');
  canvas.width = bitmap.width;
  canvas.height = bitmap.height;
  const context = canvas.getContext('2d', { willReadFrequently: true, colorSpace });
  if (!context) return undefined;
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const { data, width, height } = context.getImageData(0, 0, canvas.width, canvas.height, {
    colorSpace,
  });
  return { width, height, data: data as Uint8ClampedArray<ArrayBuffer> };
}
