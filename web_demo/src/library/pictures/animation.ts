import { reasonOf, UnsupportedImage } from '../../core/errors';

/** One whole frame of an animation, and how long it is shown. The caller closes the bitmap. */
export type AnimationFrame = { bitmap: ImageBitmap; milliseconds: number; index: number };

/** Browsers show frames with next to no duration for a tenth of a second. */
const SHORTEST_MS = 11;
const DEFAULT_MS = 100;

/**
 * The frames of a GIF, APNG, animated WebP or AVIF, in order. A still picture has one frame.
 * Without ImageDecoder, the browser gives the first frame of any file.
 *
 * @throws UnsupportedImage for what cannot be read.
 */
export async function* framesOf(file: Blob): AsyncGenerator<AnimationFrame> {
  const type = await animatedType(file);
  if (!type || !(await canDecode(type))) {
    const bitmap = await createImageBitmap(file).catch((error) => {
      throw new UnsupportedImage(`The picture cannot be read: ${reasonOf(error)}.`);
    });
    yield { bitmap, milliseconds: Number.POSITIVE_INFINITY, index: 0 };
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

/** The media type of an animated file, by its bytes; every GIF counts as animated. */
export async function animatedType(file: Blob): Promise<string | undefined> {
  const start = String.fromCharCode(...new Uint8Array(await file.slice(0, 64).arrayBuffer()));
  if (start.startsWith('GIF8')) return 'image/gif';
  if (start.startsWith('\x89PNG')) {
    const head = await file.slice(0, 65536).arrayBuffer();
    return new TextDecoder('latin1').decode(head).includes('acTL') ? 'image/png' : undefined;
  }
  if (start.slice(4, 12) === 'ftypavis') return 'image/avif';
  // The VP8X chunk's flags: bit 1 says that there are frames.
  const animated = start.startsWith('RIFF') && start.slice(8, 16) === 'WEBPVP8X';
  return animated && start.charCodeAt(20) & 2 ? 'image/webp' : undefined;
}

async function canDecode(type: string): Promise<boolean> {
  return typeof ImageDecoder === 'function' && (await ImageDecoder.isTypeSupported(type));
}
