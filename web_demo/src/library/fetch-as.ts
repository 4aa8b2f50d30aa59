import { Aborted, type ModelMismatch } from '../core/errors';
import { sentence } from './lazy';

/** Those of a response that are used; a blob is a detour for whoever wants its bytes. */
type Kinds = { blob: Blob; arrayBuffer: ArrayBuffer };

/**
 * Get a file.
 *
 * @param Problem the class of the error where it cannot be had.
 */
export async function fetchAs<Kind extends keyof Kinds>(
  kind: Kind,
  address: string | URL,
  signal: AbortSignal | undefined,
  Problem: typeof ModelMismatch,
): Promise<Kinds[Kind]> {
  try {
    const response = await fetch(address, { signal: signal ?? null });
    if (!response.ok) throw new Error(`the server answers ${response.status}`);
    return (await response[kind]()) as Kinds[Kind];
  } catch (error) {
    if (signal?.aborted) throw new Aborted(signal.reason);
    throw new Problem(await sentence('not fetched', address, error), { cause: error });
  }
}
