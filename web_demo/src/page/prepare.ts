import { NoReadback } from '../core/errors';
import { readsBack } from '../core/readback';
import { padded, type Scale, type Size } from '../core/scale';
import { sentence } from '../library/lazy';
import { openSource } from '../library/pictures/source';
import { Photo } from './account/photo';
import { encode, writes } from './encode';

/** How a file is treated: `auto` decides by its size. */
export type Treatment = 'auto' | 'full' | 'half';

/** A photo as a site would send it, and what it was made from. */
export type Prepared = {
  /** What the reader's browser receives. */
  small: ImageBitmap;
  /** Its file: written here, or the one that was given. */
  file: Blob;
  /** The encoder quality of a file that was written here. */
  quality: number | undefined;
  /** The photo at full size, if that is what was given. */
  original: ImageBitmap | undefined;
  /** The same, ready to be compared; undefined where the browser cannot. */
  photo: Photo | undefined;
};

/** A photo whose longer side has at least this length counts as full size. */
const FULL_FROM_PX = 400;

/** The quality that sites commonly use: what is shown until files have been compared. */
const QUALITY = 80;

/**
 * Decode a file and, if it is a photo at full size, reduce and compress it as a site would.
 *
 * @throws UnsupportedImage, and NoReadback where the browser would write something else.
 */
export async function prepare(file: File, treatment: Treatment, scale: Scale): Promise<Prepared> {
  const bitmap = await decode(file);
  const isFull =
    treatment === 'full' ||
    (treatment === 'auto' && Math.max(bitmap.width, bitmap.height) >= FULL_FROM_PX);
  if (!isFull) {
    return { small: bitmap, file, quality: undefined, original: undefined, photo: undefined };
  }
  if (!(await readsBack())) throw new NoReadback(await sentence('no readback'));
  const photo = await Photo.open(bitmap);
  const type = (await writes('image/webp')) ? 'image/webp' : 'image/jpeg';
  // What the worker reduces is opaque; transparent photos keep the browser's own reduction.
  const source = photo?.isOpaque ? await photo.reduced(scale, true) : bitmap;
  const size = photo?.isOpaque ? source : reducedSize(bitmap, scale);
  const { width, height } = size;
  const sent = await encode(source, { width, height, type, quality: QUALITY / 100 });
  if (source !== bitmap) source.close();
  const small = await createImageBitmap(sent);
  return { small, file: sent, quality: QUALITY, original: bitmap, photo };
}

/** The size of a photo made smaller: whole blocks, so that it comes back with all its pixels. */
function reducedSize({ width, height }: Size, scale: Scale): Size {
  const side = (length: number) => padded(Math.ceil((length * scale.down) / scale.up), scale);
  return { width: side(width), height: side(height) };
}

async function decode(file: File): Promise<ImageBitmap> {
  const { picture } = await openSource(file);
  if (!('data' in picture)) return picture;
  const image = new ImageData(picture.data, picture.width, picture.height);
  return createImageBitmap(image, { premultiplyAlpha: 'none' });
}
