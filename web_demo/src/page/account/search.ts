/** A file that was tried, and how alike its picture looks. */
export type Tried<File> = { quality: number; score: number; file: File };

const LOWEST = 1;
const HIGHEST = 100;
const FIRST = 60;

/** Encoders' usual curves: a point of the score is about a step of the quality. */
const STEPS_PER_POINT = 1.2;
const SMALLEST_STEP = 3;

/**
 * Find the lowest whole encoder quality, 1 to 100, whose file scores at least `target`.
 *
 * The score is taken to rise with the quality. Steps follow the curve that the tries so far suggest;
 * where that does not halve what is left, the middle is tried.
 *
 * @returns undefined if even 100 does not reach it.
 */
export async function lowestReaching<File>(
  target: number,
  attempt: (quality: number) => Promise<{ score: number; file: File }>,
): Promise<Tried<File> | undefined> {
  let [below, above]: (Tried<File> | undefined)[] = [];
  let [quality, left] = [FIRST, Number.POSITIVE_INFINITY];
  for (;;) {
    const tried = { quality, ...(await attempt(quality)) };
    if (tried.score >= target) above = tried;
    else below = tried;
    if (below?.quality === HIGHEST) return undefined;
    const [least, most] = [(below?.quality ?? 0) + 1, (above?.quality ?? HIGHEST + 1) - 1];
    if (above && least > most) return above;
    const isSlow = most - least + 1 > left / 2;
    left = most - least + 1;
    const guess = below && above && isSlow ? (least + most) / 2 : onCurve(target, below, above);
    quality = Math.min(most, Math.max(least, Math.round(guess), LOWEST));
  }
}

/** Where the curve through what was tried reaches the target. */
function onCurve<File>(
  target: number,
  below: Tried<File> | undefined,
  above: Tried<File> | undefined,
): number {
  if (below && above) {
    const share = (target - below.score) / (above.score - below.score);
    return below.quality + share * (above.quality - below.quality);
  }
  const [known, direction] = below ? [below, 1] : [above as Tried<File>, -1];
  const step = Math.max(SMALLEST_STEP, STEPS_PER_POINT * Math.abs(target - known.score));
  return known.quality + direction * step;
}
