import type { Work } from '../core/engine';
import type { ToEngine } from '../core/messages';
import type { Bitmap, Picture } from '../core/picture';
import { upscale } from '../tiles/upscale';
import { readBitmap } from './read';
import type { Team } from './team';

/**
 * How an engine enlarges a picture. Called again, with smaller tiles, if memory ran out.
 *
 * @param breathe lets messages in; throws if the picture is no longer wanted.
 */
export type Enlarge = (
  message: Extract<ToEngine, { kind: 'upscale' }>,
  model: Team,
  work: Work,
  breathe: () => Promise<void>,
) => Promise<Picture | Bitmap>;

/** Enlarge a picture through its pixels: those of a bitmap are read once. */
export const enlargePixels: Enlarge = async (message, model, work, breathe) => {
  const { picture } = message;
  const pixels = picture.data ? picture : await readBitmap(picture, message.colorSpace, breathe);
  message.picture = pixels;
  return upscale(pixels, model, work);
};
