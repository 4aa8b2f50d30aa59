import { reasonOf, UnsupportedImage } from '../../core/errors';
import { animatedType } from './animated-type';

/**
 * One whole frame of an animation, and how long it is shown. The caller closes the bitmap.
 *
 * `isAlone`: the file may have more frames, but this browser cannot take it apart.
 */
export type AnimationFrame = {
  bitmap: ImageBitmap;
  milliseconds: number;
  index: number;
  isAlone?: boolean;
};

/** Browsers show frames with next to no duration for a tenth of a second. */
const SHORTEST_MS = 11;
const DEFAULT_MS = 100;

/** In a PNG, the chunk that says that it moves comes before the picture. */
const HEAD_BYTES = 65_536;

/**
 * The frames of a GIF, APNG, animated WebP or AVIF, in order. A still picture has one frame.
 * Without ImageDecoder, the browser gives the first frame of any file.
 *
 * @throws UnsupportedImage for what cannot be read.
 */
export async function* framesOf(file: Blob): AsyncGenerator<AnimationFrame> {
  const type = animatedType(new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer()));
  if (!type || !(await canDecode(type))) {
    const bitmap = await createImageBitmap(file).catch((error) => {
      throw new UnsupportedImage(`The picture cannot be read: ${reasonOf(error)}.`);
    });
    const isAlone = type !== undefined;
    yield { bitmap, milliseconds: Number.POSITIVE_INFINITY, index: 0, isAlone };
    return;
  }
  const decoder = new ImageDecoder({ data: await file.arrayBuffer(), type });
  try {
    await decoder.tracks.ready;
    const count = decoder.tracks.selectedTrack?.frameCount ?? 1;
    for (let index = 0; index < count; index++) {
      const { image } = await decoder.decode({ frameIndex: index });
      const bitmap = await createImageBitmap(image, { premultiplyAlpha: 'none' });
      const milliseconds = (image.duration ?? 0) / 1000;
      image.close();
      yield { bitmap, milliseconds: milliseconds < SHORTEST_MS ? DEFAULT_MS : milliseconds, index };
    }
  } catch (error) {
    throw new UnsupportedImage(`The animation cannot be read: ${reasonOf(error)}.`);
  } finally {
    decoder.close();
  }
}

async function canDecode(type: string): Promise<boolean> {
  return typeof ImageDecoder === 'function' && (await ImageDecoder.isTypeSupported(type));
}
