import type { Card } from '../core/card';
import type { Enlarger } from '../core/engine';
import { enlarged, padded, scaleOf } from '../core/scale';

export type Probe = { msPerMegapixel: number; tilePx: number };

/**
 * Below this a run is too short to be timed; a larger one is. Readers wait for the probe: a tenth of it is what
 * browsers' clocks tell apart, and that is enough to choose by.
 */
const TOO_SHORT_MS = 2;

const LARGEST_PROBE_PX = 256;

/** A first run this long means a slow backend, whatever it had to compile. */
const HOPELESS_MS = 1500;

/**
 * WebAssembly starts as hastily compiled code. After two runs of this side most of it has been
 * replaced, and a third one takes this many times as long as later ones (docs/experiments/browser.md).
 */
const WARM_UP_PX = 32;
const STILL_COLD = 2;

/** The largest tile worth having: beyond it the margins cost next to nothing. */
const LARGEST_TILE_PX = 512;

/** A slow run is repeated: the machine may be busy for a moment, and slow engines do no work. */
const SLOW_MS_PER_MEGAPIXEL = 300;
const MOST_RUNS = 3;

/** A target of at least this long means a worker, where nobody waits for a tile. */
export const PATIENT_MS = 100;

/** The smallest tile: it must keep something of what it reads. */
export function leastTilePx({ margin_px }: Pick<Card, 'margin_px'>): number {
  return 2 * margin_px + 8;
}

/**
 * Time a model, and choose the side of its tiles so that one takes about `targetMs`.
 *
 * Small tiles show progress and stop earlier, large ones waste less on margins.
 *
 * @param isCold whether the code is still slow, as WebAssembly is at first.
 */
export async function probe(
  model: Enlarger,
  card: Pick<Card, 'scale' | 'margin_px'>,
  targetMs: number,
  now: () => number,
  isCold = false,
): Promise<Probe> {
  const scale = scaleOf(card.scale);
  const warmUpPx = padded(WARM_UP_PX, scale);
  const once = async (side: number) => {
    const pixels = new Uint8ClampedArray(side * side * 4).fill(128);
    const started = now();
    await model.runBytes(pixels, side, side);
    return now() - started;
  };
  const timed = async (side: number) => {
    // The first run compiles programs, and is not counted unless it says enough by itself.
    const first = await once(isCold ? warmUpPx : side);
    if (first > HOPELESS_MS) return first;
    if (isCold) await once(warmUpPx);
    return once(side);
  };
  // On the page the very first run must be short on slow devices too.
  let side = padded(Math.max(targetMs >= PATIENT_MS ? 64 : 32, leastTilePx(card)), scale);
  let milliseconds = await timed(side);
  while (milliseconds < TOO_SHORT_MS && side < LARGEST_PROBE_PX) {
    side *= 2;
    milliseconds = await timed(side);
  }
  const pixels = enlarged(side, scale) ** 2 * (isCold ? STILL_COLD : 1);
  const isSlow = () =>
    milliseconds < HOPELESS_MS && milliseconds * 1e6 > SLOW_MS_PER_MEGAPIXEL * pixels;
  for (let run = 1; run < MOST_RUNS && isSlow(); run++) {
    milliseconds = Math.min(milliseconds, await once(side));
  }
  const wanted = side * Math.sqrt(targetMs / Math.max(milliseconds, 0.1));
  const tilePx = Math.max(
    leastTilePx(card),
    // A frame on the page must not wait; a worker had rather not throw most of a tile away.
    targetMs >= PATIENT_MS ? (isCold ? 256 : 4 * card.margin_px + 32) : 0,
    16 * Math.floor(Math.min(wanted, LARGEST_TILE_PX) / 16),
  );
  return { msPerMegapixel: (milliseconds * 1e6) / pixels, tilePx };
}
