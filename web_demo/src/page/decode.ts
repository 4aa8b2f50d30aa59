import { PlainError } from '../errors';
import type { Picture } from '../picture';
import { imageFormat } from './image-format';

/** A decoded file: its exact pixels, and the bitmap for the browser to scale. */
export type Decoded = { picture: Picture; bitmap: ImageBitmap };

/** No current browser draws a canvas that is longer on one side. */
const LONGEST_SIDE_PX = 16384;

/**
 * Decode an image file: turned as its EXIF says, converted to sRGB.
 *
 * @param scale how much larger the result will be, to refuse what cannot be shown.
 * @throws PlainError for what is not an image, is cut off, or is too large.
 */
export async function decode(file: File, scale: number): Promise<Decoded> {
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    throw new PlainError(await unreadable(file));
  }
  try {
    requireDrawable(bitmap.width * scale, bitmap.height * scale, file.name);
    return { picture: pixelsOf(bitmap), bitmap };
  } catch (error) {
    bitmap.close();
    throw error;
  }
}

function pixelsOf(bitmap: ImageBitmap): Picture {
  const { width, height } = bitmap;
  const canvas = new OffscreenCanvas(width, height);
  // Kept in main memory: the pixels are read back once and nothing else happens to them.
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) throw tooLarge(width, height);
  context.drawImage(bitmap, 0, 0);
  try {
    const { data } = context.getImageData(0, 0, width, height);
    return { width, height, data: data as Uint8ClampedArray<ArrayBuffer> };
  } catch {
    throw tooLarge(width, height);
  }
}

/** Browsers make a canvas that is too large silently blank: draw its last pixel and look. */
function requireDrawable(width: number, height: number, name: string): void {
  if (Math.max(width, height) > LONGEST_SIDE_PX) throw tooLarge(width, height, name);
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  context?.fillRect(width - 1, height - 1, 1, 1);
  let drawn = false;
  try {
    drawn = context?.getImageData(width - 1, height - 1, 1, 1).data[3] === 255;
  } catch {
    // Some browsers throw instead: the answer is the same.
  }
  if (!drawn) throw tooLarge(width, height, name);
}

function tooLarge(width: number, height: number, name = 'This picture'): PlainError {
  const whose = name === 'This picture' ? name : `“${name}”`;
  return new PlainError(
    `${whose} is too large for this browser: a picture of ${width} × ${height} pixels cannot be drawn. ` +
      'Choose a smaller one.',
  );
}

async function unreadable(file: File): Promise<string> {
  if (file.size === 0) return `“${file.name}” is empty.`;
  const format = imageFormat(
    new Uint8Array(
      await file
        .slice(0, 16)
        .arrayBuffer()
        .catch(() => new ArrayBuffer(0)),
    ),
  );
  return format
    ? `“${file.name}” is a ${format} file that is cut off or damaged. Download or copy it again.`
    : `“${file.name}” is not a picture that this browser can read. JPEG, PNG, WebP, AVIF and GIF work.`;
}
