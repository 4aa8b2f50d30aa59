import { NoReadback } from '../core/errors';
import { readsBack } from '../core/readback';
import { sentence } from '../library/lazy';
import { openSource } from '../library/pictures/source';
import { encode, writesWebp } from './encode';

/** How a file is treated: `auto` decides by its size. */
export type Treatment = 'auto' | 'full' | 'half';

/** A photo as a site would send it, and what it was made from. */
export type Prepared = {
  /** What the reader's browser receives. */
  half: ImageBitmap;
  halfBytes: number;
  /** The photo at full size, if that is what was given. */
  original: ImageBitmap | undefined;
  /** What the photo at full size costs; undefined until something of that size is there. */
  fullBytes: number | undefined;
};

/** A photo whose longer side has at least this length counts as full size. */
const FULL_FROM_PX = 600;

/** The quality that sites commonly use. */
const QUALITY = 0.8;

/**
 * Decode a file and, if it is a photo at full size, halve and compress it as a site would.
 *
 * @throws UnsupportedImage, and NoReadback where the browser would write something else.
 */
export async function prepare(file: File, treatment: Treatment, scale: number): Promise<Prepared> {
  const bitmap = await decode(file);
  const isFull =
    treatment === 'full' ||
    (treatment === 'auto' && Math.max(bitmap.width, bitmap.height) >= FULL_FROM_PX);
  if (!isFull) {
    return { half: bitmap, halfBytes: file.size, original: undefined, fullBytes: undefined };
  }
  if (!(await readsBack())) throw new NoReadback(await sentence('no readback'));
  const width = Math.max(1, Math.round(bitmap.width / scale));
  const height = Math.max(1, Math.round(bitmap.height / scale));
  const sent = await compressed(bitmap, width, height);
  return {
    half: await createImageBitmap(sent),
    halfBytes: sent.size,
    original: bitmap,
    fullBytes: (await compressed(bitmap, bitmap.width, bitmap.height)).size,
  };
}

/** The bytes of a picture as a site would send it, at the size that it is drawn in. */
export async function compressed(
  source: CanvasImageSource,
  width: number,
  height: number,
): Promise<Blob> {
  const type = (await writesWebp()) ? 'image/webp' : 'image/jpeg';
  return encode(source, { width, height, type, quality: QUALITY });
}

async function decode(file: File): Promise<ImageBitmap> {
  const { picture } = await openSource(file);
  if (!('data' in picture)) return picture;
  const image = new ImageData(picture.data, picture.width, picture.height);
  return createImageBitmap(image, { premultiplyAlpha: 'none' });
}
