import { expect, test } from 'vitest';
import { blankPicture, type Picture } from '../../src/core/picture';
import { scaleOf } from '../../src/core/scale';
import { enlargeAlpha, fillHidden, isOpaque } from '../../src/tiles/alpha';
import { upscale } from '../../src/tiles/upscale';
import { randomSource } from '../made/random';
import { nearest, randomPicture } from '../made/stand-ins';

function pictureOf(width: number, pixels: number[][]): Picture {
  const picture = blankPicture(width, pixels.length / width);
  picture.data.set(pixels.flat());
  return picture;
}

const RED = [200, 10, 20, 255];
const BLUE = [10, 20, 200, 255];
const HIDDEN = [0, 0, 0, 0];

test('one pixel that is not quite opaque is seen', () => {
  const picture = randomPicture(5, 5, randomSource(1));
  expect(isOpaque(picture)).toBe(true);
  picture.data[4 * 12 + 3] = 254;
  expect(isOpaque(picture)).toBe(false);
});

test('hidden pixels take the colour of visible neighbours and stay hidden', () => {
  const filled = fillHidden(pictureOf(5, [RED, HIDDEN, HIDDEN, HIDDEN, BLUE]), 3);
  expect([...filled.data]).toEqual(
    [RED, [200, 10, 20, 0], [105, 15, 110, 0], [10, 20, 200, 0], BLUE].flat(),
  );
});

test('colours spread no further than asked', () => {
  const filled = fillHidden(pictureOf(4, [RED, HIDDEN, HIDDEN, HIDDEN]), 2);
  expect([...filled.data.subarray(8)]).toEqual([200, 10, 20, 0, 0, 0, 0, 0]);
});

test('a faint neighbour counts less than a solid one', () => {
  const filled = fillHidden(pictureOf(3, [[100, 100, 100, 255], HIDDEN, [200, 200, 200, 51]]), 1);
  expect(filled.data[4]).toBe(117); // (100 * 255 + 200 * 51) / 306
});

test('visible colours never change, and the given picture is left alone', () => {
  const picture = randomPicture(9, 7, randomSource(2), false);
  for (let i = 3; i < picture.data.length; i += 12) picture.data[i] = 0;
  const before = picture.data.slice();
  const filled = fillHidden(picture, 5);
  expect(picture.data).toEqual(before);
  for (let i = 0; i < before.length; i += 4) {
    if (before[i + 3] !== 0) {
      expect(filled.data.subarray(i, i + 4)).toEqual(before.subarray(i, i + 4));
    } else {
      expect(filled.data[i + 3]).toBe(0);
    }
  }
});

test('a picture with nothing visible is left as it is', () => {
  const filled = fillHidden(blankPicture(4, 3), 8);
  expect(filled.data.every((value) => value === 0)).toBe(true);
});

test.each([2, 3])('flat alpha stays flat at %ix', (scale) => {
  const picture = pictureOf(
    3,
    Array.from({ length: 6 }, () => [1, 2, 3, 77]),
  );
  const alpha = enlargeAlpha(picture, scaleOf(scale));
  expect(alpha).toHaveLength(6 * scale * scale);
  expect(alpha.every((value) => value === 77)).toBe(true);
});

test('an edge of alpha is enlarged by the weights of Keys', () => {
  // At 2x an output pixel lies a quarter to either side of an input pixel; the four
  // weights are then -0.0703, 0.8672, 0.2266 and -0.0234.
  const row = [0, 0, 255, 255].map((alpha) => [0, 0, 0, alpha]);
  const alpha = enlargeAlpha(pictureOf(4, row), scaleOf(2));
  const expected = [0, 0, 0, 52, 203, 255, 255, 255];
  expect([...alpha.subarray(0, 8)]).toEqual(expected);
  expect([...alpha.subarray(8)]).toEqual(expected);
});

test('rows and columns are enlarged alike', () => {
  const picture = randomPicture(6, 6, randomSource(4), false);
  const turned = blankPicture(6, 6);
  for (let y = 0; y < 6; y++) {
    for (let x = 0; x < 6; x++) {
      turned.data[(x * 6 + y) * 4 + 3] = picture.data[(y * 6 + x) * 4 + 3] as number;
    }
  }
  const [alpha, alphaTurned] = [picture, turned].map((one) => enlargeAlpha(one, scaleOf(2))) as [
    Uint8ClampedArray,
    Uint8ClampedArray,
  ];
  for (let y = 0; y < 12; y++) {
    for (let x = 0; x < 12; x++) {
      const difference = Math.abs((alpha[y * 12 + x] ?? -9) - (alphaTurned[x * 12 + y] ?? -99));
      expect(difference).toBeLessThanOrEqual(1); // sums in another order may round otherwise
    }
  }
});

test('no dark fringe: a cut-out keeps its colour to the edge', async () => {
  const picture = blankPicture(16, 16);
  for (let y = 4; y < 12; y++) {
    for (let x = 4; x < 12; x++) picture.data.set(RED, (y * 16 + x) * 4);
  }
  const { data } = await upscale(picture, nearest(2), {
    scale: scaleOf(2),
    marginPx: 2,
    tilePx: () => 10,
    onTile: () => undefined,
    pause: async () => undefined,
  });
  let visible = 0;
  for (let i = 0; i < data.length; i += 4) {
    if (data[i + 3] === 0) continue;
    visible++;
    expect([...data.subarray(i, i + 3)]).toEqual(RED.slice(0, 3));
  }
  expect(visible).toBeGreaterThan(16 * 16);
});
