import { isCutOff } from './cut-off';
import { imageFormat } from './image-format';
import { webpOrientation } from './webp-orientation';

/** A WebP of two pixels side by side whose EXIF turns it upright. */
const LYING_WEBP =
  'data:image/webp;base64,UklGRk4AAABXRUJQVlA4WAoAAAAIAAAAAQAAAAAAVlA4TA4AAAAvAQAAAAcQEf0PRET/A0VYSUYa' +
  'AAAATU0AKgAAAAgAAQESAAMAAAABAAYAAAAAAAA=';

let turnsWebp: Promise<boolean> | undefined;

/** The EXIF orientation that remains to be applied, because the browser did not apply it. */
export async function orientationLeft(blob: Blob): Promise<number> {
  const orientation = webpOrientation(new Uint8Array(await blob.arrayBuffer()));
  if (orientation === 1) return 1;
  turnsWebp ??= browserTurnsWebp();
  return (await turnsWebp) ? 1 : orientation;
}

async function browserTurnsWebp(): Promise<boolean> {
  const text = atob(LYING_WEBP.slice(LYING_WEBP.indexOf(',') + 1));
  const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
  const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/webp' }));
  const upright = bitmap.height === 2;
  bitmap.close();
  return upright;
}

/** Whether a file is cut off, though the browser decodes it. */
export async function isFileCutOff(blob: Blob): Promise<boolean> {
  return isCutOff(new Uint8Array(await blob.arrayBuffer()));
}

/** Whether a bitmap shows nothing at all. */
export function isEmpty(bitmap: ImageBitmap): boolean {
  const { width, height } = bitmap;
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = ROWS;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) return false;
  context.globalCompositeOperation = 'copy';
  for (let y = 0; y < height; y += ROWS) {
    context.drawImage(bitmap, 0, -y);
    if (context.getImageData(0, 0, width, ROWS).data.some((byte) => byte !== 0)) return false;
  }
  return true;
}

/** Whole pictures are found out by their first rows: no more are read at a time. */
const ROWS = 16;

/** Why a file is not a picture, as far as its bytes show. */
export async function unreadable(blob: Blob, name: string): Promise<string> {
  const whose = name === 'The picture' ? name : `“${name}”`;
  if (blob.size === 0) return `${whose} is empty.`;
  const start = await blob.slice(0, 16).arrayBuffer();
  const format = imageFormat(new Uint8Array(start));
  return format
    ? `${whose} is a ${format} file that is cut off or damaged. Download or copy it again.`
    : `${whose} is not a picture that this browser can read. JPEG, PNG, WebP, AVIF and GIF work.`;
}
