import { UnsupportedImage } from '../../core/errors';
import type { Output } from '../../core/messages';
import type { Size } from '../../core/scale';
import { sentence } from '../lazy';

/** No current browser draws a canvas that is longer on one side. */
const LONGEST_SIDE_PX = 16384;

/** Refuse a result that could not be drawn, before any work is done. */
export async function requireDrawable({ width, height }: Size, output: Output): Promise<void> {
  if (output === 'imagedata' || Math.max(width, height) <= LONGEST_SIDE_PX) return;
  throw new UnsupportedImage(await sentence('not drawn', width, height));
}
