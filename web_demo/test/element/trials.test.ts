import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { measureAgain, speedOf } from '../../src/element/shared-model';
import { Trials } from '../../src/element/trials';
import type { Halfsize } from '../../src/library/halfsize';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test('a slow machine is timed after 2, 6, 14 and 30 seconds, however many pictures ask', async () => {
  const times: number[] = [];
  const trials = new Trials(async () => {
    times.push(Date.now() - start);
    for (let picture = 0; picture < 3; picture++) trials.plan();
  });
  const start = Date.now();
  for (let picture = 0; picture < 3; picture++) trials.plan();
  await vi.advanceTimersByTimeAsync(40_000);
  expect(times).toEqual([2000, 6000, 14_000, 30_000]);
});

test('nothing is timed unasked', async () => {
  const time = vi.fn(async () => undefined);
  const trials = new Trials(time);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(time).not.toHaveBeenCalled();
  trials.plan();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(time).toHaveBeenCalledOnce();
});

/** A model that takes so long for each picture of 256 x 256 pixels, measured at `msPerMegapixel`. */
function model(msPerMegapixel: number, ...milliseconds: number[]): Halfsize {
  const upscale = async () => {
    Object.assign(halfsize, {
      last: { milliseconds: milliseconds.shift(), width: 256, height: 256 },
    });
  };
  const halfsize = { msPerMegapixel, upscale } as unknown as Halfsize;
  return halfsize;
}

test.each([
  ['it was busy', 4000, [500, 65.536, 800], 1000],
  ['it is slow', 4000, [500, 400, 800], 4000],
])('the best of all measurements counts: %s', async (_, first, later, best) => {
  vi.stubGlobal('ImageData', class {});
  const halfsize = model(first, ...later);
  expect(speedOf(halfsize)).toBe(first);
  for (const _time of later) await measureAgain(halfsize);
  expect(speedOf(halfsize)).toBe(best);
});
