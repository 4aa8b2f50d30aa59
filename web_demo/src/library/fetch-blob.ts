import { Aborted, type ModelMismatch, reasonOf } from '../errors';

/**
 * Get a file.
 *
 * @param Problem the class of the error where it cannot be had.
 */
export async function fetchBlob(
  address: string | URL,
  signal: AbortSignal | undefined,
  Problem: typeof ModelMismatch,
): Promise<Blob> {
  try {
    const response = await fetch(address, { signal: signal ?? null });
    if (!response.ok) throw new Error(`the server answers ${response.status}`);
    return await response.blob();
  } catch (error) {
    if (signal?.aborted) throw new Aborted(signal.reason);
    throw new Problem(
      `${address} cannot be loaded: ${reasonOf(error)}. Check the address; if it is on another ` +
        'site, that site must send Access-Control-Allow-Origin.',
      { cause: error },
    );
  }
}
