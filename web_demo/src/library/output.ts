import { breather } from '../breathe';
import { OutOfMemory, UnsupportedImage } from '../errors';
import type { ColorSpace } from '../messages';
import type { Picture } from '../picture';

/** What a result can be. */
export type Outputs = {
  canvas: HTMLCanvasElement;
  bitmap: ImageBitmap;
  imagedata: ImageData;
  /** A PNG. */
  blob: Blob;
};

export type Output = keyof Outputs;

/** No current browser draws a canvas that is longer on one side. */
const LONGEST_SIDE_PX = 16384;

let breathe: (() => Promise<void>) | undefined;

/** Rows are drawn in bands of about this many pixels, so that the page can paint in between. */
const BAND_PX = 2_000_000;

/** Refuse before the work what could not be shown after it. */
export function requireDrawable(width: number, height: number, output: Output): void {
  if (output === 'imagedata' || Math.max(width, height) <= LONGEST_SIDE_PX) return;
  throw new UnsupportedImage(
    `The result is too large for this browser: a picture of ${width} × ${height} pixels cannot be ` +
      'drawn. Choose a smaller one, or take the result as ImageData.',
  );
}

/** Give the result the form that was asked for. */
export async function toOutput<O extends Output>(
  { width, height, data }: Picture,
  colorSpace: ColorSpace,
  output: O,
): Promise<Outputs[O]> {
  const image = new ImageData(data, width, height, { colorSpace });
  const makers: { [Name in Output]: () => Promise<Outputs[Name]> } = {
    imagedata: async () => image,
    bitmap: () => createImageBitmap(image, { premultiplyAlpha: 'none' }),
    canvas: () => drawn(document.createElement('canvas'), image),
    blob: async () => pngOf(await drawn(newCanvas(), image)),
  };
  return makers[output]();
}

async function drawn<Canvas extends HTMLCanvasElement | OffscreenCanvas>(
  canvas: Canvas,
  image: ImageData,
): Promise<Canvas> {
  const { width, height, colorSpace } = image;
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d', { colorSpace }) as CanvasRenderingContext2D | null;
  if (!context) throw tooLarge(width, height);
  breathe ??= breather();
  const band = Math.max(1, Math.floor(BAND_PX / width));
  for (let y = 0; y < height; y += band) {
    if (y > 0) await breathe();
    context.putImageData(image, 0, 0, 0, y, width, Math.min(band, height - y));
  }
  return canvas;
}

async function pngOf(canvas: HTMLCanvasElement | OffscreenCanvas): Promise<Blob> {
  const { width, height } = canvas;
  if ('convertToBlob' in canvas) return canvas.convertToBlob({ type: 'image/png' });
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(tooLarge(width, height))), 'image/png');
  });
}

function newCanvas(): HTMLCanvasElement | OffscreenCanvas {
  return typeof OffscreenCanvas === 'function'
    ? new OffscreenCanvas(1, 1)
    : document.createElement('canvas');
}

function tooLarge(width: number, height: number): OutOfMemory {
  return new OutOfMemory(
    `This browser cannot hold a picture of ${width} × ${height} pixels. Choose a smaller one.`,
  );
}
