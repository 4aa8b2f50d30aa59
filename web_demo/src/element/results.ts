/** What all elements of a page share: results, and the work on them. */
import type { Photo, SkipReason } from './decide';
import { type Enlarged, enlarge, keyOf, type Request } from './enlarge';
import { Jobs, type Waiting } from './jobs';
import { Kept } from './kept';
import { isFetchedSince } from './measure';
import { firstBox } from './order';

/** Results of more bytes than this are not kept, except near the viewport. */
const MOST_KEPT_BYTES = 96e6;

export const kept = new Kept<Enlarged>(MOST_KEPT_BYTES, ({ url }) => URL.revokeObjectURL(url));

export const jobs = new Jobs<Enlarged | SkipReason>({
  boxOf: (image) => image.getBoundingClientRect(),
  first: (boxes) => {
    const { direction } = getComputedStyle(document.documentElement);
    return firstBox(boxes, { width: innerWidth, height: innerHeight }, direction === 'rtl');
  },
  isHidden: () => document.hidden,
});

/** The result for a file, unless that was downloaded again: then it may be another one. */
export function keptFor(request: Request): Enlarged | undefined {
  const key = keyOf(request);
  const result = kept.get(key);
  if (result && isFetchedSince(request.file, result.made)) kept.drop(key);
  return kept.get(key);
}

/**
 * Take the result that is kept for a request, or wait for it; or learn why there is none.
 *
 * @throws AbortError; HalfsizeError; Error if the result cannot be shown.
 */
export async function obtain(
  request: Request,
  student: string,
  photo: Photo,
  waiting: Waiting,
  signal: AbortSignal,
): Promise<Enlarged | SkipReason> {
  const result = keptFor(request);
  if (result) return result;
  const key = keyOf(request);
  const make = async (signal: AbortSignal, imageOf: () => HTMLImageElement | undefined) => {
    const outcome = await enlarge(request, student, photo, signal, imageOf);
    if (typeof outcome !== 'string') kept.add(key, outcome);
    return outcome;
  };
  return jobs.join(key, waiting, make, signal);
}
