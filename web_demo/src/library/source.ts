import { Aborted, reasonOf, UnsupportedImage } from '../errors';
import type { ColorSpace } from '../messages';
import type { Picture } from '../picture';
import { extras } from './lazy';

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

/** Pixels ready for an engine, and how they are to be read. */
export type Opened = {
  picture: ImageBitmap | Picture;
  width: number;
  height: number;
  colorSpace: ColorSpace;
};

/** Colours stay apart from alpha: multiplied by it, faint pixels would lose theirs. */
const EXACT: ImageBitmapOptions = { premultiplyAlpha: 'none' };

/**
 * Make a source into something that an engine can take over, without touching the source.
 *
 * @throws UnsupportedImage for what is not an image, is cut off, or is of another site.
 */
export async function openSource(source: Source, signal?: AbortSignal): Promise<Opened> {
  if (source instanceof ImageData) {
    const { width, height, data, colorSpace } = source;
    const copy = new Uint8ClampedArray(data);
    return { picture: { width, height, data: copy }, width, height, colorSpace: wide(colorSpace) };
  }
  if (typeof source === 'string' || source instanceof URL) {
    return openBlob(await fetchImage(source, signal), String(source));
  }
  if (source instanceof Blob) {
    return openBlob(source, source instanceof File ? source.name : 'The picture');
  }
  if (source instanceof HTMLImageElement) await requireLoaded(source);
  requireReadable(source);
  const small = readSmallCanvas(source);
  if (small) return small;
  const bitmap = await createImageBitmap(source, EXACT).catch((error) => {
    throw new UnsupportedImage(`The picture cannot be read: ${reasonOf(error)}.`, { cause: error });
  });
  return opened(bitmap, colorSpaceOf(source));
}

/** Up to here reading a canvas on the page costs less than handing it to a worker. */
const QUICK_PX = 1_000_000;

function readSmallCanvas(source: CanvasImageSource): Opened | undefined {
  if (!(source instanceof HTMLCanvasElement)) return undefined;
  const { width, height } = source;
  const context = width * height <= QUICK_PX ? source.getContext('2d') : null;
  if (!context) return undefined;
  const colorSpace = wide(context.getContextAttributes?.().colorSpace);
  const { data } = context.getImageData(0, 0, width, height, { colorSpace });
  const bytes = data as Uint8ClampedArray<ArrayBuffer>;
  return { picture: { width, height, data: bytes }, width, height, colorSpace };
}

async function openBlob(blob: Blob, name: string): Promise<Opened> {
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(blob, EXACT);
  } catch (error) {
    throw new UnsupportedImage(await (await extras()).unreadable(blob, name), { cause: error });
  }
  const orientation = (await mayLie(blob)) ? await (await extras()).orientationLeft(blob) : 1;
  const colorSpace = colorSpaceOf(bitmap);
  if (orientation === 1) return opened(bitmap, colorSpace);
  const picture = (await extras()).turned(pixelsOf(bitmap, colorSpace), orientation);
  return { picture, width: picture.width, height: picture.height, colorSpace };
}

/** Whether this is a WebP with EXIF: a flag of its VP8X chunk. Other files browsers turn by themselves. */
async function mayLie(blob: Blob): Promise<boolean> {
  const start = new Uint8Array(await blob.slice(0, 24).arrayBuffer());
  return String.fromCharCode(...start.slice(8, 16)) === 'WEBPVP8X' && ((start[20] ?? 0) & 8) !== 0;
}

function opened(bitmap: ImageBitmap, colorSpace: ColorSpace): Opened {
  const { width, height } = bitmap;
  // Where a worker cannot read a bitmap, the page does.
  const picture = typeof OffscreenCanvas === 'function' ? bitmap : pixelsOf(bitmap, colorSpace);
  return { picture, width, height, colorSpace };
}

function pixelsOf(bitmap: ImageBitmap, colorSpace: ColorSpace): Picture {
  const canvas = document.createElement('canvas');
  canvas.width = bitmap.width;
  canvas.height = bitmap.height;
  const context = canvas.getContext('2d', { willReadFrequently: true, colorSpace });
  if (!context) throw new UnsupportedImage('The picture is too large for this browser to read.');
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const { data, width, height } = context.getImageData(0, 0, canvas.width, canvas.height, {
    colorSpace,
  });
  return { width, height, data: data as Uint8ClampedArray<ArrayBuffer> };
}

/** `display-p3` if the source has colours that sRGB has not. */
function colorSpaceOf(source: Exclude<Source, ImageData | Blob | URL | string>): ColorSpace {
  if (source instanceof HTMLCanvasElement || source instanceof OffscreenCanvas) {
    const context = source.getContext('2d') as CanvasRenderingContext2D | null;
    if (context) return wide(context.getContextAttributes?.().colorSpace);
  }
  return hasWideColours(source) ? 'display-p3' : 'srgb';
}

const SAMPLE_PX = 96;

/** Look at a grid of pixels: those outside sRGB are the ones that reading as sRGB would change. */
function hasWideColours(source: CanvasImageSource): boolean {
  const canvas = document.createElement('canvas');
  canvas.width = SAMPLE_PX;
  canvas.height = SAMPLE_PX;
  const context = canvas.getContext('2d', { colorSpace: 'display-p3', willReadFrequently: true });
  if (context?.getContextAttributes?.().colorSpace !== 'display-p3') return false;
  context.imageSmoothingEnabled = false; // a mean of vivid pixels is a dull one
  context.drawImage(source, 0, 0, SAMPLE_PX, SAMPLE_PX);
  const { data } = context.getImageData(0, 0, SAMPLE_PX, SAMPLE_PX, { colorSpace: 'display-p3' });
  for (let i = 0; i < data.length; i += 4) {
    if (data[i + 3] === 255 && isOutsideSrgb(data[i], data[i + 1], data[i + 2])) return true;
  }
  return false;
}

/**
 * Whether a Display P3 colour, in bytes, is more than rounding outside sRGB.
 *
 * Source: CSS Color 4, the matrices between linear Display P3 and linear sRGB.
 */
export function isOutsideSrgb(red = 0, green = 0, blue = 0): boolean {
  const [r, g, b] = [linear(red), linear(green), linear(blue)];
  const converted = [
    1.2249402 * r - 0.2249404 * g,
    -0.0420569 * r + 1.0420571 * g,
    -0.0196376 * r - 0.0786361 * g + 1.0982735 * b,
  ];
  return converted.some((value) => value < -0.004 || value > 1.01);
}

function linear(byte: number): number {
  const value = byte / 255;
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
}

function wide(colorSpace: string | undefined): ColorSpace {
  return colorSpace === 'display-p3' ? 'display-p3' : 'srgb';
}

async function requireLoaded(image: HTMLImageElement): Promise<void> {
  try {
    await image.decode();
  } catch (error) {
    if (image.complete && image.naturalWidth > 0) return; // replaced while it was decoded
    throw new UnsupportedImage(
      `The image ${image.currentSrc || image.src} cannot be loaded or read. Check its address.`,
      { cause: error },
    );
  }
}

/** Pixels of a picture from another site may not be read, and the browser says so only late. */
function requireReadable(source: CanvasImageSource): void {
  const canvas = document.createElement('canvas');
  canvas.width = 1;
  canvas.height = 1;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  try {
    context?.drawImage(source, 0, 0, 1, 1);
    context?.getImageData(0, 0, 1, 1);
  } catch (error) {
    throw new UnsupportedImage(
      'The picture is from another site, which does not let this page read it. Serve it with ' +
        'Access-Control-Allow-Origin, and add crossorigin="anonymous" to the img.',
      { cause: error },
    );
  }
}

async function fetchImage(address: string | URL, signal?: AbortSignal): Promise<Blob> {
  try {
    const response = await fetch(address, { signal: signal ?? null });
    if (!response.ok) throw new Error(`the server answers ${response.status}`);
    return await response.blob();
  } catch (error) {
    if (signal?.aborted) throw new Aborted(signal.reason);
    throw new UnsupportedImage(
      `${address} cannot be loaded: ${reasonOf(error)}. Check the address; if it is on another ` +
        'site, that site must send Access-Control-Allow-Origin.',
      { cause: error },
    );
  }
}
