import { framesOf } from '../../library/lazy';
import type { AnimationFrame } from '../../library/pictures/animation';
import { loadPart } from '../parts';

/** Browsers show frames with next to no duration for a tenth of a second. */
const SHORTEST_MS = 11;
const DEFAULT_MS = 100;

/** The frames of an animation. Where the browser cannot take a GIF apart, the page does it. */
export async function* framesOfFile(file: Blob): AsyncGenerator<AnimationFrame> {
  for await (const frame of framesOf(file)) {
    if (frame.isAlone && (await file.slice(0, 4).text()) === 'GIF8') {
      frame.bitmap.close();
      yield* framesOfGif(file);
    } else {
      yield frame;
    }
  }
}

async function* framesOfGif(file: Blob): AsyncGenerator<AnimationFrame> {
  const { read } = await loadPart('gif');
  for (const [index, frame] of read(await file.arrayBuffer()).entries()) {
    const image = new ImageData(frame.data, frame.width, frame.height);
    const bitmap = await createImageBitmap(image, { premultiplyAlpha: 'none' });
    const milliseconds = frame.milliseconds < SHORTEST_MS ? DEFAULT_MS : frame.milliseconds;
    yield { bitmap, milliseconds, index };
  }
}

/** How many frames were enlarged, and whether that is all of them. */
export function countInWords(count: number, isAlone: boolean, isCut: boolean): string {
  if (isAlone) return 'one frame. This browser cannot read more of an animation like this';
  if (count === 1) return 'one frame: it does not move';
  return isCut ? `the first ${count} frames` : `${count} frames`;
}
