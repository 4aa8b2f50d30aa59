import { NoReadback } from '../core/errors';
import { readsBack } from '../core/readback';
import { padded, type Scale, type Size } from '../core/scale';
import { sentence } from '../library/lazy';
import { isCutOff } from '../library/pictures/cut-off';
import { openSource } from '../library/pictures/source';
import { Photo } from './account/photo';
import { close, type Drawn, decoded } from './drawn';
import { encode, writes } from './encode';

/** How a file is treated: `auto` decides by its size. */
export type Treatment = 'auto' | 'full' | 'half';

/** A photo as a site would send it, and what it was made from. */
export type Prepared = {
  /** What the reader's browser receives. */
  small: Drawn;
  /** Its file: written here, or the one that was given. */
  file: Blob;
  /** The encoder quality of a file that was written here. */
  quality: number | undefined;
  /** The photo at full size, if that is what was given. */
  original: Drawn | undefined;
  /** The same, ready to be compared; undefined where the browser cannot. */
  photo: Photo | undefined;
};

/** A photo whose longer side has at least this length counts as full size. */
const FULL_FROM_PX = 400;

/** From this size on, decoding a picture would stop the page of some browsers. */
const LARGE_PX = 4_000_000;

/** Smaller files hardly ever hold such a picture. */
const LARGE_BYTES = 300_000;

/** The quality that sites commonly use: what is shown until files have been compared. */
const QUALITY = 80;

/**
 * Decode a file and, if it is a photo at full size, reduce and compress it as a site would.
 *
 * @throws UnsupportedImage, and NoReadback where the browser would write something else.
 */
export async function prepare(file: File, treatment: Treatment, scale: Scale): Promise<Prepared> {
  const picture = await decode(file);
  const isFull =
    treatment === 'full' ||
    (treatment === 'auto' && Math.max(picture.width, picture.height) >= FULL_FROM_PX);
  if (!isFull) {
    return { small: picture, file, quality: undefined, original: undefined, photo: undefined };
  }
  if (!(await readsBack())) throw new NoReadback(await sentence('no readback'));
  const photo = await Photo.open(picture);
  const type = (await writes('image/webp')) ? 'image/webp' : 'image/jpeg';
  // What the worker reduces is opaque; transparent photos keep the browser's own reduction.
  const sent = photo?.isOpaque
    ? await photo.write(scale, true, type, QUALITY)
    : await encode(picture, { ...reducedSize(picture, scale), type, quality: QUALITY / 100 });
  const small = await open(sent, picture);
  return { small, file: sent, quality: QUALITY, original: picture, photo };
}

/** Open a file of a photo that was written here. */
export function open(file: Blob, photo: Size): Promise<Drawn> {
  return isLarge(photo) ? decoded(file) : createImageBitmap(file);
}

function isLarge({ width, height }: Size): boolean {
  return width * height >= LARGE_PX;
}

/** The size of a photo made smaller: whole blocks, so that it comes back with all its pixels. */
function reducedSize({ width, height }: Size, scale: Scale): Size {
  const side = (length: number) => padded(Math.ceil((length * scale.down) / scale.up), scale);
  return { width: side(width), height: side(height) };
}

async function decode(file: File): Promise<Drawn> {
  const large = await decodeLarge(file);
  if (large) return large;
  const { picture } = await openSource(file);
  if (!('data' in picture)) return picture;
  const image = new ImageData(picture.data, picture.width, picture.height);
  return createImageBitmap(image, { premultiplyAlpha: 'none' });
}

/** Undefined for a small picture, and for one that is to be refused or treated with more care. */
async function decodeLarge(file: File): Promise<Drawn | undefined> {
  if (file.type !== 'image/jpeg' && file.type !== 'image/png') return undefined;
  if (file.size < LARGE_BYTES) return undefined;
  if (isCutOff(new Uint8Array(await file.arrayBuffer()))) return undefined;
  const image = await decoded(file).catch(() => undefined);
  if (image && isLarge(image)) return image;
  close(image);
  return undefined;
}
