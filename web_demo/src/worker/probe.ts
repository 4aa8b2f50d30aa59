import type { Card } from '../card';
import type { Enlarger } from '../engine';

export type Probe = { msPerMegapixel: number; tilePx: number };

/**
 * Below this a run is too short to be timed; a larger one is. Readers wait for the probe: a tenth of it is what
 * browsers' clocks tell apart, and that is enough to choose by.
 */
const TOO_SHORT_MS = 2;

const LARGEST_PROBE_PX = 256;

/** What takes this long the first time is slow, whatever it had to compile. */
const HOPELESS_MS = 1500;

/** The largest tile worth having: beyond it the margins cost next to nothing. */
const LARGEST_TILE_PX = 512;

/** Where a tile may take this long, nobody waits for it: it runs in a worker. */
export const PATIENT_MS = 100;

/** The smallest tile: it must keep something of what it reads. */
export function leastTilePx({ margin_px }: Pick<Card, 'margin_px'>): number {
  return 2 * margin_px + 8;
}

/**
 * Time a model, and choose the side of its tiles so that one takes about `targetMs`.
 *
 * Small tiles show progress and stop sooner, large ones waste less on margins.
 */
export async function probe(
  model: Enlarger,
  card: Pick<Card, 'scale' | 'margin_px'>,
  targetMs: number,
  now: () => number,
): Promise<Probe> {
  // On the page the very first run must be short on slow devices too.
  let side = Math.max(targetMs >= PATIENT_MS ? 64 : 32, leastTilePx(card));
  let milliseconds = await timed(model, side, now);
  while (milliseconds < TOO_SHORT_MS && side < LARGEST_PROBE_PX) {
    side *= 2;
    milliseconds = await timed(model, side, now);
  }
  const wanted = side * Math.sqrt(targetMs / Math.max(milliseconds, 0.1));
  const tilePx = Math.max(
    leastTilePx(card),
    // A frame on the page must not wait; a worker had rather not throw most of a tile away.
    targetMs >= PATIENT_MS ? 4 * card.margin_px + 32 : 0,
    16 * Math.floor(Math.min(wanted, LARGEST_TILE_PX) / 16),
  );
  return { msPerMegapixel: (milliseconds * 1e6) / (side * card.scale) ** 2, tilePx };
}

/** The first run compiles programs, and is not counted unless it says enough by itself. */
async function timed(model: Enlarger, side: number, now: () => number): Promise<number> {
  const pixels = new Uint8ClampedArray(side * side * 4).fill(128);
  const once = async () => {
    const started = now();
    await model.runBytes(pixels.slice(), side, side);
    return now() - started;
  };
  const first = await once();
  return first > HOPELESS_MS ? first : once();
}
