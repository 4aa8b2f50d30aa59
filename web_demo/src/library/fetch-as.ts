import { Aborted, type ModelMismatch } from '../core/errors';
import { sentence } from './lazy';

/** How a response is read: as a blob, or directly as bytes. */
type Kinds = { blob: Blob; arrayBuffer: ArrayBuffer };

/**
 * Fetch a file.
 *
 * @param Problem the class of the error if it cannot be fetched.
 * @param cache as for `fetch`.
 */
export async function fetchAs<Kind extends keyof Kinds>(
  kind: Kind,
  address: string | URL,
  signal: AbortSignal | undefined,
  Problem: typeof ModelMismatch,
  cache: RequestCache = 'default',
): Promise<Kinds[Kind]> {
  try {
    const response = await fetch(address, { signal: signal ?? null, cache });
    if (!response.ok) throw new Error(`the server answers ${response.status}`);
    return (await response[kind]()) as Kinds[Kind];
  } catch (error) {
    if (signal?.aborted) throw new Aborted(signal.reason);
    throw new Problem(await sentence('not fetched', address, error), { cause: error });
  }
}
