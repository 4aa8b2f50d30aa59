import { type Photo, type SkipReason, speedSkips } from './decide';
import { addressSkips, fileSkips } from './file-kind';
import { abortError } from './jobs';
import { sharedModel, speedOf } from './shared-model';
import { requireFit } from './student';

/** What an element asks for. */
export type Request = {
  /** Address of the picture's file. */
  file: string;
  model: string;
  backend: string;
  base: string | URL | undefined;
  /** However slow. */
  always: boolean;
};

/** An enlarged picture. */
export type Enlarged = {
  url: string;
  /** Decoded: shown again, it is there at once. */
  picture: HTMLImageElement;
  /** What it takes of the memory, but for decoded pixels, which browsers give back. */
  bytes: number;
  /** When it was made, as `performance.now()`. */
  made: number;
  detail: { width: number; height: number; milliseconds: number; backend: string };
};

/** Requests of one key have one result. */
export function keyOf(request: Request): string {
  return JSON.stringify(request);
}

/**
 * Enlarge a file, or say why it is left alone.
 *
 * @param student address of a model.
 * @param photo to whose size the result is cut where it fits.
 * @param imageOf gives an img that shows the file, and waits for it.
 * @throws AbortError; HalfsizeError; Error if the result cannot be shown.
 */
export async function enlarge(
  request: Request,
  student: string,
  photo: Photo,
  signal: AbortSignal,
  imageOf: () => HTMLImageElement | undefined,
): Promise<Enlarged | SkipReason> {
  const shown = () => {
    const image = imageOf();
    if (image?.currentSrc !== request.file) throw abortError();
    return image;
  };
  const isSuspect = addressSkips(request.file) !== undefined;
  const early = isSuspect ? await fileSkips(shown(), signal) : undefined;
  if (early) return early;
  // Together: while the model is on its way this thread has little to do, and the sooner it has seen
  // the start of a file that may not be cached, the less of it is downloaded again.
  const model = sharedModel(student, request.backend, request.base);
  const kind = isSuspect ? undefined : fileSkips(shown(), signal);
  const [halfsize, late] = await Promise.all([model, kind]);
  if (late) return late;
  const slow = speedSkips(halfsize.backend, request.always ? 0 : speedOf(halfsize));
  if (slow) return slow;
  requireFit(halfsize.scale, photo);
  const options = { signal, output: 'blob', photo } as const;
  const blob = await halfsize.upscale(shown(), options).catch((error) => {
    if (error.code === 'NoReadback') return undefined;
    throw error;
  });
  if (!blob) return 'no-readback';
  const { backend, last } = halfsize;
  const url = URL.createObjectURL(blob);
  // Decoded before it is shown: no frame is without a picture.
  const picture = new Image();
  picture.src = url;
  try {
    await picture.decode();
  } catch (cause) {
    URL.revokeObjectURL(url);
    const message =
      'The browser did not load the result: does the Content-Security-Policy have img-src blob:?';
    throw new Error(message, { cause });
  }
  const { naturalWidth: width, naturalHeight: height } = picture;
  const detail = { width, height, milliseconds: last?.milliseconds ?? 0, backend };
  // The blob, and the browser's copy of it as the file of an image.
  const bytes = 2 * blob.size;
  return { url, picture, bytes, made: performance.now(), detail };
}
