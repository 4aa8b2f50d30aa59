import { expect, test } from 'vitest';
import { MOST_ZOOM, moved, WHOLE, zoomed } from '../../src/page/viewport';

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
