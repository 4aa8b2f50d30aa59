import { expect, test } from 'vitest';
import { type Box, firstBox } from '../../src/element/order';

const VIEW = { width: 300, height: 200 };

const box = (left: number, top: number, height = 90): Box => ({
  left,
  top,
  right: left + 90,
  bottom: top + height,
});

/** All boxes in the order in which they come. */
function order(boxes: Box[], isRtl = false): number[] {
  const left = [...boxes];
  const indices: number[] = [];
  while (left.length > 0) {
    const [next] = left.splice(firstBox(left, VIEW, isRtl), 1);
    indices.push(boxes.indexOf(next as Box));
  }
  return indices;
}

const GRID = [0, 100, 200].flatMap((top) => [0, 100, 200].map((left) => box(left, top)));

test('none of no boxes', () => {
  expect(firstBox([], VIEW)).toBe(-1);
});

test('rows from left to right, the row below the view last', () => {
  expect(order(GRID)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
});

test('whatever the order in which they were added', () => {
  expect(order([...GRID].reverse())).toEqual([8, 7, 6, 5, 4, 3, 2, 1, 0]);
});

test('from right to left where the page is written so', () => {
  expect(order(GRID, true)).toEqual([2, 1, 0, 5, 4, 3, 8, 7, 6]);
});

test('pictures of other heights are in a row if they stand beside each other', () => {
  expect(order([box(200, 0), box(100, 20, 50), box(0, 10, 80), box(0, 95)])).toEqual([2, 1, 0, 3]);
});

test('those in view before those above, below and beside, and of these the nearer', () => {
  const above = box(0, -95);
  const farAbove = box(0, -400);
  const below = box(0, 230);
  const beside = box(310, 0);
  const cut = box(0, -50);
  expect(order([farAbove, above, below, beside, box(100, 150), cut])).toEqual([5, 4, 1, 3, 2, 0]);
});
