import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { fitTile, planSpans } from '../../src/tiles/tiling';
import { randomSource, wholeBetween } from '../made/random';

type Golden = {
  length: number;
  tile: number;
  margin: number;
  align?: number;
  spans: [readStart_: number, readEnd_: number, keepStart_: number, keepEnd_: number][];
};

const GOLDEN = new URL('../../../tests/golden/tiling.json', import.meta.url);

test('the plans equal those of pixels/tiling.py', () => {
  const plans: Golden[] = JSON.parse(readFileSync(GOLDEN, 'utf8'));
  expect(plans.length).toBeGreaterThan(0);
  for (const { length, tile, margin, align, spans } of plans) {
    const planned = planSpans(length, tile, margin, align).map((span) => [
      span.readStart_,
      span.readEnd_,
      span.keepStart_,
      span.keepEnd_,
    ]);
    expect(planned, `length ${length}, tile ${tile}, margin ${margin}`).toEqual(spans);
  }
});

test.each([1, 64, 65, 1000])('spans of %i px keep every pixel exactly once', (length) => {
  const kept = planSpans(length, 64, 8).flatMap(({ keepStart_, keepEnd_ }) =>
    range(keepStart_, keepEnd_),
  );
  expect(kept).toEqual(range(0, length));
});

test('a picture no longer than a tile is read whole', () => {
  const whole = [{ readStart_: 0, readEnd_: 64, keepStart_: 0, keepEnd_: 64 }];
  expect(planSpans(64, 64, 8)).toEqual(whole);
});

test('the last window is shifted back to end with the picture', () => {
  expect(planSpans(100, 64, 8)).toEqual([
    { readStart_: 0, readEnd_: 64, keepStart_: 0, keepEnd_: 56 },
    { readStart_: 36, readEnd_: 100, keepStart_: 56, keepEnd_: 100 },
  ]);
});

test('any plan partitions the picture and leaves the margin inside it', () => {
  const random = randomSource(7);
  const broken: string[] = [];
  for (let i = 0; i < 3000; i++) {
    const length = wholeBetween(random, 1, 1500);
    const margin = wholeBetween(random, 0, 24);
    const tile = wholeBetween(random, 2 * margin + 1, 2 * margin + 300);
    if (!holds(length, tile, margin)) broken.push(`planSpans(${length}, ${tile}, ${margin})`);
  }
  expect(broken).toEqual([]);
});

function holds(length: number, tile: number, margin: number): boolean {
  let covered = 0;
  for (const { readStart_, readEnd_, keepStart_, keepEnd_ } of planSpans(length, tile, margin)) {
    const inOrder = keepStart_ === covered && keepEnd_ > keepStart_;
    const inside = readStart_ >= 0 && readEnd_ <= length;
    const oneSize = readEnd_ - readStart_ === Math.min(tile, length);
    const marginLeft = readStart_ <= Math.max(0, keepStart_ - margin);
    const marginRight = readEnd_ >= Math.min(length, keepEnd_ + margin);
    if (!(inOrder && inside && oneSize && marginLeft && marginRight)) return false;
    covered = keepEnd_;
  }
  return covered === length;
}

test('a fitted tile is about what was asked for and needs no more windows', () => {
  const random = randomSource(3);
  for (let i = 0; i < 2000; i++) {
    const length = wholeBetween(random, 1, 1500);
    const margin = wholeBetween(random, 0, 24);
    const tile = wholeBetween(random, 2 * margin + 8, 2 * margin + 300);
    const fitted = fitTile(length, tile, margin);
    const note = `fitTile(${length}, ${tile}, ${margin}) is ${fitted}`;
    expect(fitted, note).toBeGreaterThan(2 * margin);
    expect(fitted, note).toBeLessThanOrEqual(Math.max(tile * 1.25, length <= tile ? tile : 0));
    const [asked, needed] = [planSpans(length, tile, margin), planSpans(length, fitted, margin)];
    expect(needed.length, note).toBeLessThanOrEqual(asked.length);
  }
  expect(fitTile(256, 240, 6)).toBe(256);
});

describe('what cannot be planned', () => {
  test.each([
    [0, 64, 8],
    [100, 0, 0],
    [100, 64, -1],
    [100, 16, 8],
    [10, 16, 8],
    [1.5, 64, 8],
    [100, Number.NaN, 8],
  ])('length %d, tile %d, margin %d throws RangeError', (length, tile, margin) => {
    expect(() => planSpans(length, tile, margin)).toThrow(RangeError);
  });
});

function range(start: number, end: number): number[] {
  return Array.from({ length: end - start }, (_, i) => start + i);
}
