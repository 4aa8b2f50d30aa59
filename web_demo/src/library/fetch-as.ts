import { Aborted, type ModelMismatch, reasonOf } from '../errors';

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
    throw new Problem(
      `${address} cannot be loaded: ${reasonOf(error)}. Check the address; another ` +
        'site must send Access-Control-Allow-Origin.',
      { cause: error },
    );
  }
}
