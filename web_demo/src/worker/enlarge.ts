import type { Work } from '../core/engine';
import type { ToEngine } from '../core/messages';
import type { Bitmap, Picture } from '../core/picture';
import { upscale } from '../tiles/upscale';
import { readBitmap } from './read';
import type { Team } from './team';

/**
 * How an engine enlarges the picture that it is sent. Asked for it again, with smaller tiles, where
 * memory ran out.
 *
 * @param breathe lets messages in; throws when the picture is not wanted any more.
 */
export type Enlarge = (
  message: Extract<ToEngine, { kind: 'upscale' }>,
  model: Team,
  work: Work,
  breathe: () => Promise<void>,
) => Promise<Picture | Bitmap>;

/** By its pixels: those of a bitmap are read once. */
export const enlargePixels: Enlarge = async (message, model, work, breathe) => {
  const { picture } = message;
  const pixels = picture.data ? picture : await readBitmap(picture, message.colorSpace, breathe);
  message.picture = pixels;
  return upscale(pixels, model, work);
};
