import { breather } from '../../core/breathe';
import { OutOfMemory } from '../../core/errors';
import type { Output } from '../../core/messages';
import type { Bitmap, ColorSpace, Picture } from '../../core/picture';
import { sentence } from '../lazy';

/** What a result can be. */
export type Outputs = {
  canvas: HTMLCanvasElement;
  bitmap: ImageBitmap;
  imagedata: ImageData;
  /** A PNG. */
  blob: Blob;
};

let breathe: (() => Promise<void>) | undefined;

/** Rows are drawn in bands of about this many pixels, so that the page can paint in between. */
const BAND_PX = 500_000;

/** Convert the result to the requested kind of output. */
export async function toOutput<O extends Output>(
  picture: Picture | Bitmap,
  colorSpace: ColorSpace,
  output: O,
): Promise<Outputs[O]> {
  const { width, height, data } = picture;
  const image = data ? new ImageData(data, width, height, { colorSpace }) : picture;
  const drawn = async <Canvas extends HTMLCanvasElement | OffscreenCanvas>(canvas: Canvas) => {
    canvas.width = width;
    canvas.height = height;
    const context = canvas.getContext('2d', { colorSpace }) as CanvasRenderingContext2D | null;
    if (!context) throw await tooLarge(picture);
    if (!image.data) {
      context.drawImage(image, 0, 0);
      image.close();
      return canvas;
    }
    breathe ??= breather();
    const band = Math.max(1, Math.floor(BAND_PX / width));
    for (let y = 0; y < height; y += band) {
      if (y > 0) await breathe();
      context.putImageData(image, 0, 0, 0, y, width, Math.min(band, height - y));
    }
    return canvas;
  };
  const makers: { [Name in Output]: () => Promise<Outputs[Name]> } = {
    imagedata: async () => image as ImageData,
    bitmap: async () =>
      image.data ? createImageBitmap(image, { premultiplyAlpha: 'none' }) : image,
    canvas: () => drawn(document.createElement('canvas')),
    blob: async () => {
      const isHere = typeof OffscreenCanvas === 'function';
      const canvas = isHere ? new OffscreenCanvas(1, 1) : document.createElement('canvas');
      return pngOf(await drawn(canvas));
    },
  };
  return makers[output]();
}

async function pngOf(canvas: HTMLCanvasElement | OffscreenCanvas): Promise<Blob> {
  if ('convertToBlob' in canvas) return canvas.convertToBlob();
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve));
  if (!blob) throw await tooLarge(canvas);
  return blob;
}

async function tooLarge({ width, height }: { width: number; height: number }) {
  return new OutOfMemory(await sentence('not held', width, height));
}
