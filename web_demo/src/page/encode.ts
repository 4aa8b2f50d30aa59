import { UnsupportedImage } from '../core/errors';
import type { ColorSpace } from '../core/picture';

export type FileType = 'image/webp' | 'image/jpeg' | 'image/avif' | 'image/png';

/** How a picture is drawn and written. */
export type Encoding = {
  width: number;
  height: number;
  type: FileType;
  quality?: number;
  colorSpace?: ColorSpace;
};

type Request = Encoding & { bitmap: ImageBitmap };

const written = new Map<FileType, Promise<boolean>>();

/** Whether this browser writes files of a type. Where it does not, it answers with a PNG. */
export function writes(type: FileType): Promise<boolean> {
  const known = written.get(type);
  if (known) return known;
  const canvas = document.createElement('canvas');
  canvas.width = 1;
  canvas.height = 1;
  const answer = encode(canvas, { width: 1, height: 1, type }).then((one) => one.type === type);
  written.set(type, answer);
  return answer;
}

/**
 * Write a picture as a file, in a worker: some browsers stand still meanwhile.
 *
 * @throws UnsupportedImage if it is too large.
 */
export async function encode(source: CanvasImageSource, encoding: Encoding): Promise<Blob> {
  const isOffPage = typeof OffscreenCanvas === 'function' && typeof Worker === 'function';
  const blob = isOffPage
    ? await inWorker({ ...encoding, bitmap: await createImageBitmap(source) })
    : await onPage(source, encoding);
  if (blob) return blob;
  throw new UnsupportedImage('The picture is too large for this browser.');
}

async function inWorker(request: Request): Promise<Blob | undefined> {
  const text = new Blob([`onmessage = ${answer}`], { type: 'text/javascript' });
  const url = URL.createObjectURL(text);
  const worker = new Worker(url);
  try {
    return await new Promise((resolve) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = () => resolve(undefined);
      worker.postMessage(request, [request.bitmap]);
    });
  } finally {
    worker.terminate();
    URL.revokeObjectURL(url);
  }
}

function onPage(source: CanvasImageSource, encoding: Encoding): Promise<Blob | null> {
  const { width, height, type, quality, colorSpace = 'srgb' } = encoding;
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d', { colorSpace });
  if (!context) return Promise.resolve(null);
  context.imageSmoothingQuality = 'high';
  context.drawImage(source, 0, 0, width, height);
  return new Promise((resolve) => canvas.toBlob(resolve, type, quality));
}

/** Runs in the worker: its text must not use anything outside. */
async function answer({ data }: MessageEvent<Request>): Promise<void> {
  const { bitmap, width, height, type, quality, colorSpace = 'srgb' } = data;
  try {
    const canvas = new OffscreenCanvas(width, height);
    const settings = { colorSpace, willReadFrequently: true };
    const context = canvas.getContext('2d', settings) as OffscreenCanvasRenderingContext2D;
    context.imageSmoothingQuality = 'high';
    context.drawImage(bitmap, 0, 0, width, height);
    bitmap.close();
    postMessage(await canvas.convertToBlob({ type, quality: quality as number }));
  } catch {
    postMessage(undefined);
  }
}
