import { animatedType } from '../library/pictures/animated-type';

/**
 * Whether an img's file is animated: enlarged, it would stand still.
 *
 * A GIF is recognised by its address. Other files are recognised by their bytes, but only if the
 * browser has them in its cache: no file is downloaded twice for this.
 */
export async function isMoving(address: string, signal: AbortSignal): Promise<boolean> {
  if (/\.gif([?#]|$)|^data:image\/gif/i.test(address)) return true;
  const url = new URL(address, document.baseURI);
  if (!url.protocol.startsWith('http') || url.origin !== location.origin) return false;
  if (/\.jpe?g$/i.test(url.pathname)) return false;
  try {
    const cached = await fetch(url, { cache: 'only-if-cached', mode: 'same-origin', signal });
    return cached.ok && (await animatedType(await cached.blob())) !== undefined;
  } catch {
    return false; // not in the cache
  }
}
