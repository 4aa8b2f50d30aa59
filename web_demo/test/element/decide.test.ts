import { expect, test } from 'vitest';
import {
  deviceSkips,
  drawnSize,
  isFullSize,
  isShownSmall,
  speedSkips,
} from '../../src/element/decide';

const LANDSCAPE = { width: 300, height: 200 };

test.each([
  // A box of the same shape.
  ['fill', { width: 600, height: 400 }, { width: 600, height: 400 }],
  ['contain', { width: 600, height: 400 }, { width: 600, height: 400 }],
  // A tall box: filled by stretching, covered by cutting off the sides, or with bars.
  ['fill', { width: 300, height: 400 }, { width: 300, height: 400 }],
  ['cover', { width: 300, height: 400 }, { width: 600, height: 400 }],
  ['contain', { width: 300, height: 400 }, { width: 300, height: 200 }],
  // A flat box.
  ['cover', { width: 600, height: 100 }, { width: 600, height: 400 }],
  ['contain', { width: 600, height: 100 }, { width: 150, height: 100 }],
  // Never enlarged.
  ['none', { width: 900, height: 900 }, { width: 300, height: 200 }],
  ['scale-down', { width: 900, height: 900 }, { width: 300, height: 200 }],
  ['scale-down', { width: 150, height: 900 }, { width: 150, height: 100 }],
])('object-fit: %s in a box of %o draws %o', (fit, box, expected) => {
  expect(drawnSize(box, LANDSCAPE, fit)).toEqual(expected);
});

test.each([
  ['as large as the file', { width: 300, height: 200 }, true],
  ['less than a tenth larger', { width: 325, height: 217 }, true],
  ['twice as large', { width: 600, height: 400 }, false],
  ['stretched downwards alone', { width: 300, height: 400 }, false],
  ['stretched across alone', { width: 600, height: 200 }, false],
  ['not laid out', { width: 0, height: 0 }, true],
])('%s', (_, drawn, expected) => {
  expect(isShownSmall(LANDSCAPE, drawn)).toBe(expected);
});

test.each([
  ['half of its photo', 600, 1200, false],
  ['three quarters of it', 900, 1200, false],
  ['all of it', 1200, 1200, true],
  ['all, but that somebody has rounded', 1199, 1200, true],
  ['more', 1201, 1200, true],
  ['a photo of which nobody knows the width', 1200, Number.NaN, false],
])('a file with the pixels of %s', (_, width, exact, expected) => {
  const photo = { file: { width, height: 1 }, width: exact, height: 1, exact };
  expect(isFullSize(photo)).toBe(expected);
});

test.each([
  [{ saveData: true, deviceMemory: 8 }, 'save-data'],
  [{ saveData: true, deviceMemory: 1 }, 'low-memory'],
  [{ saveData: false, deviceMemory: 1 }, 'low-memory'],
  [{ saveData: false, deviceMemory: 2 }, undefined],
  [{ saveData: false, deviceMemory: undefined }, undefined],
])('a device of %o', (device, expected) => {
  expect(deviceSkips(device)).toBe(expected);
});

test.each([
  ['none', 0, 'no-backend'],
  ['wasm', 401, 'slow'],
  ['wasm', 400, undefined],
])('%s at %d ms per megapixel', (backend, speed, expected) => {
  expect(speedSkips(backend, speed)).toBe(expected);
});
