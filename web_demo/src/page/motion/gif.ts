/** Built to dist/gif.js, which the page loads only when a GIF is saved, or taken apart. */
import { decodeFrames, encode } from 'modern-gif';

export type GifFrame = { data: Uint8ClampedArray<ArrayBuffer>; milliseconds: number };

/** A whole frame of a GIF that was read. */
export type ReadFrame = GifFrame & { width: number; height: number };

/** Write frames of one size as a GIF that plays for ever. */
async function write(width: number, height: number, frames: GifFrame[]): Promise<Blob> {
  const bytes = await encode({
    width,
    height,
    frames: frames.map(({ data, milliseconds }) => ({ data, delay: milliseconds })),
  });
  return new Blob([bytes], { type: 'image/gif' });
}

/** The frames of a GIF, for browsers without ImageDecoder. */
function read(file: ArrayBuffer): ReadFrame[] {
  return decodeFrames(file).map(({ data, width, height, delay }) => ({
    data: data as Uint8ClampedArray<ArrayBuffer>,
    width,
    height,
    milliseconds: delay,
  }));
}

const gif = { write, read };

declare module '../../library/parts' {
  interface Parts {
    gif?: typeof gif;
  }
}

globalThis.halfsizeParts = { ...globalThis.halfsizeParts, gif };
