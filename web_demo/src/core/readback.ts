import { NoReadback } from './errors';

const SIDE_PX = 64;

/** Some browsers change the lowest bits of what a page reads: nobody sees that. */
const HARMLESS = 4;

let isTrue: Promise<boolean> | undefined;

/**
 * Whether this browser gives back the pixels of a picture. To hide what makes a device recognisable,
 * some give noise, or one colour: Firefox with `privacy.resistFingerprinting` does.
 *
 * Known pixels go every way that pictures go: into a canvas, into a file, out of it and back. Done
 * once in a page and once in a worker. A browser without OffscreenCanvas has none of these settings.
 */
export function readsBack(): Promise<boolean> {
  isTrue ??= readKnown().catch(() => true); // what fails says so where it is needed
  return isTrue;
}

/** @throws NoReadback without a message: the library has the sentence. */
export async function requireReadback(): Promise<void> {
  if (!(await readsBack())) throw new NoReadback('');
}

async function readKnown(): Promise<boolean> {
  const canvas = new OffscreenCanvas(SIDE_PX, SIDE_PX);
  const context = canvas.getContext('2d', {
    willReadFrequently: true,
  }) as OffscreenCanvasRenderingContext2D;
  const known = new ImageData(SIDE_PX, SIDE_PX);
  known.data.forEach((_, i) => {
    known.data[i] = i % 4 === 3 ? 255 : ((i * 7919) >> 3) & 255;
  });
  context.putImageData(known, 0, 0);
  context.drawImage(await createImageBitmap(await canvas.convertToBlob()), 0, 0);
  const { data } = context.getImageData(0, 0, SIDE_PX, SIDE_PX);
  return data.every((byte, i) => Math.abs(byte - (known.data[i] as number)) <= HARMLESS);
}
