import { bytesFromBase64 } from '../../core/base64';
import { UnsupportedImage } from '../../core/errors';
import type { ColorSpace } from '../../core/picture';
import { fetchAs } from '../fetch-as';
import { extras, sentence } from '../lazy';
import type { Opened } from '../types';
import { isOutsideSrgb } from './colours';

/** What can be enlarged. A string is the address of an image. */
export type Source =
  | HTMLImageElement
  | HTMLCanvasElement
  | OffscreenCanvas
  | ImageBitmap
  | ImageData
  | Blob
  | URL
  | string;

/** Colours stay apart from alpha: multiplied by it, faint pixels would lose theirs. */
const EXACT: ImageBitmapOptions = { premultiplyAlpha: 'none' };

/** A PNG of one pixel that lacks its end. */
const CUT_OFF = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGOYUJkJAAMPAXMx7UU2';

let isLenient: Promise<boolean> | undefined;

/** Whether this browser decodes files that are cut off, and fills in the rest. */
async function decodesCutOff(): Promise<boolean> {
  isLenient ??= createImageBitmap(new Blob([bytesFromBase64(CUT_OFF)], { type: 'image/png' })).then(
    () => true,
    () => false,
  );
  return isLenient;
}

/**
 * Turn a source into pixels that an engine can take over. The source itself is left as it is.
 *
 * @throws UnsupportedImage if it is not an image, is cut off, or comes from another site.
 */
export async function openSource(source: Source, signal?: AbortSignal): Promise<Opened> {
  if (source instanceof ImageData) return openedPixels(source, new Uint8ClampedArray(source.data));
  if (typeof source === 'string' || source instanceof URL) {
    return openBlob(await fetchAs('blob', source, signal, UnsupportedImage), String(source));
  }
  if (source instanceof Blob) {
    return openBlob(source, source instanceof File ? source.name : 'The picture');
  }
  if (source instanceof HTMLImageElement) await requireLoaded(source);
  try {
    return await openDrawn(source);
  } catch (cause) {
    const isForeign = (cause as Error).name === 'SecurityError';
    const message = await (isForeign ? sentence('another site') : sentence('not read', cause));
    throw new UnsupportedImage(message, { cause });
  }
}

/** Up to this size, reading a canvas on the page costs less than handing it to a worker. */
const QUICK_PX = 1_000_000;

async function openDrawn(
  source: HTMLImageElement | HTMLCanvasElement | OffscreenCanvas | ImageBitmap,
): Promise<Opened> {
  let colorSpace: ColorSpace | undefined;
  if (source instanceof HTMLCanvasElement || source instanceof OffscreenCanvas) {
    const { width, height } = source;
    const context = source.getContext('2d') as CanvasRenderingContext2D | null;
    if (context) {
      colorSpace = wide(context.getContextAttributes?.().colorSpace);
      const isQuick = width * height <= QUICK_PX;
      const read = context.getImageData(0, 0, isQuick ? width : 1, isQuick ? height : 1, {
        colorSpace,
      });
      if (isQuick && (await (await extras()).readsBack_())) {
        return openedPixels(read, read.data as Uint8ClampedArray<ArrayBuffer>);
      }
    }
  }
  colorSpace ??= colorSpaceOf(source);
  const bitmap = await createImageBitmap(source, EXACT);
  // WebKit draws nothing of a file that is cut off.
  if (source instanceof HTMLImageElement && (await decodesCutOff())) {
    if (await (await extras()).isEmpty_(bitmap)) throw new Error('nothing of it can be drawn');
  }
  return opened(bitmap, colorSpace);
}

function openedPixels(
  { width, height, colorSpace }: ImageData,
  data: Uint8ClampedArray<ArrayBuffer>,
): Opened {
  return { picture: { width, height, data }, width, height, colorSpace: wide(colorSpace) };
}

async function openBlob(blob: Blob, name: string): Promise<Opened> {
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(blob, EXACT);
    if ((await decodesCutOff()) && (await (await extras()).isCutOff_(blob))) throw new Error();
  } catch (cause) {
    throw new UnsupportedImage(await (await extras()).unreadable_(blob, name), { cause });
  }
  return opened(bitmap, colorSpaceOf(bitmap), (await mayLie(blob)) ? blob : undefined);
}

/** Whether this is a WebP with EXIF: a flag of its VP8X chunk. Other files browsers turn by themselves. */
async function mayLie(blob: Blob): Promise<boolean> {
  const start = new Uint8Array(await blob.slice(0, 24).arrayBuffer());
  return String.fromCharCode(...start.slice(8, 16)) === 'WEBPVP8X' && ((start[20] ?? 0) & 8) !== 0;
}

/** @param lying the file of the bitmap, if it has to be turned. */
async function opened(bitmap: ImageBitmap, colorSpace: ColorSpace, lying?: Blob): Promise<Opened> {
  const { width, height } = bitmap;
  // Where a worker cannot read a bitmap, the page does.
  if (lying || typeof OffscreenCanvas !== 'function') {
    const read = await (await extras()).openedOnPage_(bitmap, colorSpace, lying);
    if (read) return read;
    throw new UnsupportedImage(await sentence('not read', 'it is too large for this browser'));
  }
  return { picture: bitmap, width, height, colorSpace };
}

const SAMPLE_PX = 96;

/**
 * `display-p3` if a grid of the source's pixels has colours outside sRGB.
 *
 * @throws DOMException for a picture from another site, which the browser reports only here.
 */
function colorSpaceOf(source: CanvasImageSource): ColorSpace {
  const canvas = document.createElement('canvas');
  canvas.width = SAMPLE_PX;
  canvas.height = SAMPLE_PX;
  const settings = { colorSpace: 'display-p3' } as const;
  const context = canvas.getContext('2d', { ...settings, willReadFrequently: true });
  if (!context) return 'srgb';
  context.imageSmoothingEnabled = false; // a mean of vivid pixels is a dull one
  context.drawImage(source, 0, 0, SAMPLE_PX, SAMPLE_PX);
  const { data } = context.getImageData(0, 0, SAMPLE_PX, SAMPLE_PX, settings);
  for (let i = 0; i < data.length; i += 4) {
    const isVivid = data[i + 3] === 255 && isOutsideSrgb(data[i], data[i + 1], data[i + 2]);
    // Browsers that know sRGB alone give such bytes too.
    if (isVivid) return wide(context.getContextAttributes?.().colorSpace);
  }
  return 'srgb';
}

function wide(colorSpace: string | undefined): ColorSpace {
  return colorSpace === 'display-p3' ? 'display-p3' : 'srgb';
}

async function requireLoaded(image: HTMLImageElement): Promise<void> {
  try {
    await image.decode();
  } catch (cause) {
    if (image.complete && image.naturalWidth > 0) return; // replaced while it was decoded
    const message = await sentence('not decoded', image.currentSrc || image.src);
    throw new UnsupportedImage(message, { cause });
  }
}
