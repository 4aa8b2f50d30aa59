/** Built to dist/gif.js, which the page loads only when an animation is saved. */
import { encode } from 'modern-gif';

export type GifFrame = { data: Uint8ClampedArray<ArrayBuffer>; milliseconds: number };

/** Write frames of one size as a GIF that plays for ever. */
async function writeGif(width: number, height: number, frames: GifFrame[]): Promise<Blob> {
  const bytes = await encode({
    width,
    height,
    frames: frames.map(({ data, milliseconds }) => ({ data, delay: milliseconds })),
  });
  return new Blob([bytes], { type: 'image/gif' });
}

declare module '../../library/parts' {
  interface Parts {
    gif?: typeof writeGif;
  }
}

globalThis.halfsizeParts = { ...globalThis.halfsizeParts, gif: writeGif };
