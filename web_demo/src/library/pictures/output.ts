import { breather } from '../../core/breathe';
import { OutOfMemory } from '../../core/errors';
import type { Output } from '../../core/messages';
import {
  type Bitmap,
  type ColorSpace,
  canvasSettings,
  drawPicture,
  type Encoded,
  type Picture,
} from '../../core/picture';
import { extras, sentence } from '../lazy';

/** What a result can be. */
export type Outputs = {
  canvas: HTMLCanvasElement;
  bitmap: ImageBitmap;
  imagedata: ImageData;
  /** A PNG. */
  blob: Blob;
};

let breathe: (() => Promise<void>) | undefined;

/** Convert the result to the requested kind of output. */
export async function toOutput<O extends Output>(
  result: Picture | Bitmap | Encoded,
  colorSpace: ColorSpace,
  output: O,
): Promise<Outputs[O]> {
  if ('blob' in result) return result.blob as Outputs[O];
  const { width, height, data } = result;
  const image = () => new ImageData(data as Picture['data'], width, height, { colorSpace });
  const drawn = async () => {
    const canvas = document.createElement('canvas');
    canvas.width = width;
    canvas.height = height;
    const settings = canvasSettings(result, colorSpace);
    const context = canvas.getContext('2d', settings) as CanvasRenderingContext2D | null;
    if (!context) throw new OutOfMemory(await sentence('not held', width, height));
    breathe ??= breather();
    await drawPicture(context, result, colorSpace, breathe);
    return canvas;
  };
  const makers: { [Name in Output]: () => Promise<Outputs[Name]> } = {
    imagedata: async () => image(),
    bitmap: async () => (data ? createImageBitmap(image(), { premultiplyAlpha: 'none' }) : result),
    canvas: drawn,
    // Mostly the engine has written it.
    blob: async () => (await extras()).pngOf_(await drawn()),
  };
  return makers[output]();
}
