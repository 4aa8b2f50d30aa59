import { expect, test } from 'vitest';
import { probe } from '../../src/worker/probe';

const CARD = { scale: 2, margin_px: 8 };

/** The speed that a probe finds where its runs take these milliseconds, the last one ever after. */
async function speed(...milliseconds: number[]): Promise<number> {
  let clock = 0;
  const runs = [...milliseconds];
  const model = {
    runBytes: async () => {
      clock += (runs.length > 1 ? runs.shift() : runs[0]) ?? 0;
      return new Uint8ClampedArray();
    },
  };
  const { msPerMegapixel } = await probe(model as never, CARD, 600, () => clock);
  return Math.round(msPerMegapixel);
}

// 64 px give 128 x 128: 5 ms are 305 ms per megapixel.
const SLOW_MS = 50;
const FAST_MS = 3;

test('a busy moment does not make an engine slow', async () => {
  const fast = await speed(FAST_MS);
  expect(await speed(SLOW_MS, SLOW_MS, FAST_MS)).toBe(fast);
  expect(await speed(SLOW_MS, SLOW_MS, SLOW_MS, FAST_MS)).toBe(fast);
});

test('an engine that is slow each time is slow', async () => {
  expect(await speed(SLOW_MS)).toBeGreaterThan(400);
});

test('a fast engine is run twice only', async () => {
  expect(await speed(SLOW_MS, FAST_MS, 1000)).toBe(await speed(FAST_MS));
});
