import { animatedType } from '../library/pictures/animated-type';
import type { SkipReason } from './decide';

/** No more of a file is read: what is not known by then is a still. */
const HEAD_BYTES = 16_384;

/** Why a file might have to be left alone, by its address alone. */
export function addressSkips(address: string): SkipReason | undefined {
  if (/\.gif([?#]|$)|^data:image\/gif/i.test(address)) return 'animated';
  return /\.svg([?#]|$)|^data:image\/svg/i.test(address) ? 'vector' : undefined;
}

/**
 * Why an img's file is to be left alone: enlarged, an animation would stand still, a drawing that
 * is sharp at any size would become pixels, and a photo would be turned that is not to be.
 *
 * The file's first bytes decide, not its address. They come from the browser's cache; of a file that
 * may not be cached, its start is downloaded again, until it is known. Where they cannot be read, the
 * address decides.
 */
export async function fileSkips(
  image: HTMLImageElement,
  signal: AbortSignal,
): Promise<SkipReason | undefined> {
  const { currentSrc, crossOrigin } = image;
  try {
    const isLying = getComputedStyle(image).imageOrientation === 'none';
    const { type, head } = await headOf(currentSrc, crossOrigin, isLying, signal);
    return kindOf(type, head, isLying);
  } catch {
    return addressSkips(currentSrc);
  }
}

/**
 * What to leave alone, by media type and first bytes. Browsers draw SVG under its own type alone.
 *
 * @param isLying whether the img shows its file as it is stored; pixels are only to be had turned.
 */
export function kindOf(type: string, head: Uint8Array, isLying: boolean): SkipReason | undefined {
  if (isLying && latin1(head).includes('Exif')) return 'turned';
  if (type.startsWith('image/svg')) return 'vector';
  return animatedType(head) || type === 'image/gif' ? 'animated' : undefined;
}

/** Whether no further bytes could say something else: for a PNG, its pixels come after all that counts. */
function isEnough(head: Uint8Array, isLying: boolean): boolean {
  const isPng = head[0] === 0x89;
  return head.length > 20 && !isLying && (!isPng || latin1(head).includes('IDAT'));
}

function latin1(bytes: Uint8Array): string {
  return new TextDecoder('latin1').decode(bytes);
}

async function headOf(
  address: string,
  crossOrigin: string | null,
  isLying: boolean,
  signal: AbortSignal,
): Promise<{ type: string; head: Uint8Array }> {
  const { protocol, origin: from } = new URL(address);
  // Without CORS neither this nor the library can read it. Asking would only fill the console.
  const isForeign = protocol.startsWith('http') && from !== origin;
  if ((isForeign && crossOrigin === null) || protocol === 'file:') throw new Error();
  if (protocol === 'data:') return headOfData(address);
  const response = await fetch(address, {
    cache: 'force-cache',
    credentials: crossOrigin === 'use-credentials' ? 'include' : 'same-origin',
    signal,
  });
  const reader = response.body?.getReader();
  const read = new Uint8Array(HEAD_BYTES);
  let head = read.subarray(0, 0);
  while (reader && head.length < HEAD_BYTES && !isEnough(head, isLying)) {
    const { value } = await reader.read();
    if (!value) break;
    const part = value.subarray(0, HEAD_BYTES - head.length);
    read.set(part, head.length);
    head = read.subarray(0, head.length + part.length);
  }
  reader?.cancel().catch(() => undefined);
  return { type: response.headers.get('content-type') ?? '', head };
}

/** A policy may forbid to fetch it, but it is all here. */
function headOfData(address: string): { type: string; head: Uint8Array } {
  const [type = '', content = ''] = address.slice(5).split(/,(.*)/s);
  if (!/;base64$/i.test(type)) return { type, head: new Uint8Array() };
  const text = atob(content.slice(0, HEAD_BYTES));
  return { type, head: Uint8Array.from(text, (character) => character.charCodeAt(0)) };
}
