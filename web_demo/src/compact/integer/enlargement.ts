/** The fixed part of students in whole numbers: see docs/reference/format.md. */
import { cubicWeight } from '../../core/cubic';
import type { Scale } from '../../core/scale';

/** Luma in eighths of a byte is `(RED * R + GREEN * G + BLUE * B + 2048) >> 12`. */
export const LUMA = [9798, 19235, 3735] as const;

/** What chroma takes from green, in 1024ths: of red, and of blue. */
export const FROM_RED = 522;
export const FROM_BLUE = 199;

/** Four taps for each sub-pixel of a block, and the pixel of the first one, from the block's own first. */
export type Four = { first: number; taps: [number, number, number, number] };

/** Along the columns, sums are divided by two to the power of 8, and along the rows, of 9. */
export const SHIFTS = [8, 9] as const;

/** The bicubic in 1024ths. Where rounded taps do not add up, the largest takes the difference. */
export function foursOf({ up, down }: Scale): Four[] {
  return Array.from({ length: up }, (_, sub) => {
    const middle = ((sub + 0.5) * down) / up - 0.5;
    const first = Math.floor(middle) - 1;
    const taps = [0, 1, 2, 3].map((tap) => Math.round(1024 * cubicWeight(middle - first - tap)));
    const largest = taps.indexOf(Math.max(...taps));
    const missing = 1024 - taps.reduce((sum, tap) => sum + tap, 0);
    taps[largest] = (taps[largest] as number) + missing;
    return { first, taps: taps as Four['taps'] };
  });
}
