import { expect, test } from 'vitest';
import { accountInWords, breakEven } from '../../src/page/meter';
import { MOST_ZOOM, moved, WHOLE, zoomed } from '../../src/page/viewport';

test('the download pays for itself when what it saved is as much as it cost', () => {
  expect(breakEven({ full: 100, half: 40, runtime: 100, model: 20 })).toBe(2);
  expect(breakEven({ full: 100, half: 40, runtime: 100, model: 21 })).toBe(3);
  expect(breakEven({ full: 40, half: 40, runtime: 1, model: 1 })).toBe(Number.POSITIVE_INFINITY);
});

test('the account in words', () => {
  const account = { full: 100_000, half: 40_000, runtime: 100_000, model: 20_000 };
  expect(accountInWords(account)).toBe(
    'Each photo saves 60.0 KB (60 %). The download pays for itself after 2 photos like this.',
  );
  expect(accountInWords({ ...account, full: 10 })).toContain('nothing to save');
});

test('what is zoomed about a point keeps the point in place', () => {
  const { zoom, x, y } = zoomed(WHOLE, 4, 0.25, 0.75);
  expect(zoom).toBe(4);
  expect(x + zoom * 0.25).toBeCloseTo(0.25);
  expect(y + zoom * 0.75).toBeCloseTo(0.75);
});

test('a picture always covers its frame', () => {
  expect(zoomed(WHOLE, 0.5)).toEqual(WHOLE);
  expect(zoomed(WHOLE, 1000).zoom).toBe(MOST_ZOOM);
  expect(moved(zoomed(WHOLE, 2), 5, -5)).toEqual({ zoom: 2, x: 0, y: -1 });
  expect(zoomed(zoomed(WHOLE, 4, 1, 1), 1 / 4)).toEqual(WHOLE);
});
