/** Replaces ./transparency in engines that handle only opaque pictures. */

import { Transparent } from '../core/errors';
import type { Picture, PixelBytes } from '../core/picture';
import { readTile } from './tile';
import type { Span } from './tiling';

/** @throws Transparent; the library then takes the engine that handles it. */
export function openTile(picture: Picture, row: Span, column: Span): { pixels: PixelBytes } {
  const pixels = readTile(picture, row, column);
  for (let i = 3; i < pixels.length; i += 4) if (pixels[i] !== 255) throw new Transparent('');
  return { pixels };
}

export const exactReader = undefined;
