import { reasonOf, UnsupportedImage } from '../../core/errors';

/** One frame, as the browser wrote it as a still WebP. */
export type WebpFrame = { still: Blob; milliseconds: number };

/** The chunks that hold a still picture: alpha of a lossy one, lossy, lossless. */
const PICTURE = ['ALPH', 'VP8 ', 'VP8L'];

const ANIMATED = 0x02;
const ALPHA = 0x10;

/** A frame replaces the previous one, transparent parts included. */
const NO_BLENDING = 0x02;

const LONGEST_MS = 0xffffff;

/**
 * Join stills of one size into an animated WebP that plays for ever. Nothing is compressed again: the
 * browser's own encoder has done it.
 *
 * Source: RFC 9649, WebP Image Format, section 2.7.
 */
export async function writeWebp(width: number, height: number, frames: WebpFrame[]): Promise<Blob> {
  let flags = ANIMATED;
  const animation: Uint8Array<ArrayBuffer>[] = [chunk('ANIM', [...bytes(0, 4), ...bytes(0, 2)])];
  for (const { still, milliseconds } of frames) {
    const picture = pictureChunks(new Uint8Array(await still.arrayBuffer()));
    if (picture.some(hasAlpha)) flags |= ALPHA;
    const shown = Math.min(LONGEST_MS, Math.round(milliseconds));
    const size = [...bytes(width - 1, 3), ...bytes(height - 1, 3)];
    const head = [...bytes(0, 6), ...size, ...bytes(shown, 3), NO_BLENDING];
    animation.push(chunk('ANMF', [...head, ...picture.flatMap((part) => [...part])]));
  }
  const canvas = [flags, 0, 0, 0, ...bytes(width - 1, 3), ...bytes(height - 1, 3)];
  const body = [chunk('VP8X', canvas), ...animation];
  const length = 4 + body.reduce((sum, part) => sum + part.length, 0);
  const start = [...letters('RIFF'), ...bytes(length, 4), ...letters('WEBP')];
  return new Blob([Uint8Array.from(start), ...body], { type: 'image/webp' });
}

/** A canvas as a still WebP. */
export async function stillOf(canvas: HTMLCanvasElement, quality: number): Promise<Blob> {
  const still = await new Promise<Blob | null>((resolve) => {
    canvas.toBlob(resolve, 'image/webp', quality);
  });
  // Browsers that write no WebP answer with a PNG.
  if (still?.type === 'image/webp') return still;
  throw new UnsupportedImage('This browser does not write WebP. Save the animation as GIF.');
}

function pictureChunks(file: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer>[] {
  const view = new DataView(file.buffer);
  const found: Uint8Array<ArrayBuffer>[] = [];
  try {
    for (let at = 12; at < file.length; ) {
      const size = view.getUint32(at + 4, true);
      const end = at + 8 + size + (size % 2);
      if (PICTURE.includes(nameOf(file, at))) found.push(file.slice(at, end));
      at = end;
    }
  } catch (error) {
    throw new UnsupportedImage(`The browser wrote a WebP that cannot be read: ${reasonOf(error)}.`);
  }
  return found;
}

function hasAlpha(picture: Uint8Array): boolean {
  // A lossless picture says so in a bit behind its two sizes of 14 bits.
  return nameOf(picture, 0) === 'ALPH' || (nameOf(picture, 0) === 'VP8L' && bit(picture[12], 4));
}

function bit(byte: number | undefined, place: number): boolean {
  return ((byte ?? 0) & (1 << place)) !== 0;
}

function nameOf(file: Uint8Array, at: number): string {
  return String.fromCharCode(...file.subarray(at, at + 4));
}

function chunk(name: string, content: number[]): Uint8Array<ArrayBuffer> {
  const padding = content.length % 2 === 1 ? [0] : [];
  return Uint8Array.from([...letters(name), ...bytes(content.length, 4), ...content, ...padding]);
}

function letters(text: string): number[] {
  return [...text].map((letter) => letter.charCodeAt(0));
}

/** A number in `count` bytes, the least significant first. */
function bytes(value: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => Math.floor(value / 256 ** i) % 256);
}
