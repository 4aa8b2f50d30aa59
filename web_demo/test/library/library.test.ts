import { expect, test } from 'vitest';
import { backendFor, isBackendName } from '../../src/core/backends';
import type { PixelBytes } from '../../src/core/picture';
import { blankPicture } from '../../src/core/picture';
import { best, isSettled, orderToTry } from '../../src/library/engines/merit';
import { isOutsideSrgb } from '../../src/library/pictures/colours';
import { turned, webpOrientation } from '../../src/library/pictures/webp-orientation';
import { probe } from '../../src/worker/probe';
import { nearest } from '../made/stand-ins';

test('what was remembered is tried first, the rest by merit', () => {
  expect(orderToTry('compact', undefined)).toEqual(['webgpu', 'webgl2', 'wasm']);
  expect(orderToTry('compact', 'wasm')).toEqual(['wasm', 'webgpu', 'webgl2']);
  expect(orderToTry('compact', 'tfjs-wasm')).toEqual(['webgpu', 'webgl2', 'wasm']);
  expect(orderToTry('tfjs', 'tfjs-wasm')).toEqual([
    'tfjs-wasm',
    'tfjs-webgpu',
    'tfjs-webgl',
    'tfjs-cpu',
  ]);
});

test.each([
  ['webgpu', 'webgpu', 'tfjs-webgpu'],
  ['webgl', 'webgl2', 'tfjs-webgl'],
  ['webgl2', 'webgl2', 'tfjs-webgl'],
  ['wasm', 'wasm', 'tfjs-wasm'],
  ['cpu', 'tfjs-cpu', 'tfjs-cpu'],
  ['tfjs-webgl', 'tfjs-webgl', 'tfjs-webgl'],
  ['tfjs-wasm', 'tfjs-wasm', 'tfjs-wasm'],
] as const)(
  '“%s” is %s for the compact runtime’s models and %s for TF.js’s',
  (name, small, tfjs) => {
    expect(isBackendName(name)).toBe(true);
    expect(backendFor(name, 'compact')).toBe(small);
    expect(backendFor(name, 'tfjs')).toBe(tfjs);
  },
);

test('measuring ends with a fast backend, and never goes on to plain JavaScript', () => {
  const slow = { backend: 'tfjs-webgl', msPerMegapixel: 5000 } as const;
  const fast = { backend: 'tfjs-wasm', msPerMegapixel: 100 } as const;
  expect(isSettled([], 'tfjs-cpu')).toBe(false);
  expect(isSettled([slow], 'tfjs-wasm')).toBe(false);
  expect(isSettled([slow], 'tfjs-cpu')).toBe(true);
  expect(isSettled([fast], 'tfjs-webgl')).toBe(true);
  expect(best([slow, fast])).toBe(fast);
  expect(best([])).toBeUndefined();
});

test('a tile takes about the time that it may', async () => {
  // A clock by which a run of n pixels takes n microseconds.
  let clock = 0;
  const model = {
    ...nearest(2),
    runBytes: async (pixels: PixelBytes, height: number, width: number) => {
      clock += (height * width) / 1000;
      return pixels;
    },
  };
  const card = { scale: 2, margin_px: 6 };
  const measured = await probe(model, card, 150, () => clock);
  expect(measured.msPerMegapixel).toBeCloseTo(250);
  expect(measured.tilePx).toBe(16 * Math.floor(Math.sqrt(150_000) / 16));
  expect((await probe(model, card, 1e9, () => clock)).tilePx).toBe(512);
  expect((await probe(model, card, 0.001, () => clock)).tilePx).toBe(20);
});

test('WebAssembly is warmed up before it is timed, and taken for faster than it still is', async () => {
  // Cold code is eight times as slow in its first two runs, and twice in the third.
  let clock = 0;
  const sides: number[] = [];
  const model = {
    ...nearest(2),
    runBytes: async (pixels: PixelBytes, height: number, width: number) => {
      sides.push(width);
      clock += ((sides.length < 3 ? 8 : 2) * height * width) / 1000;
      return pixels;
    },
  };
  const card = { scale: 2, margin_px: 6 };
  const measured = await probe(model, card, 600, () => clock, true);
  expect(sides).toEqual([32, 32, 64]);
  expect(measured.msPerMegapixel).toBeCloseTo(250);
  expect(measured.tilePx).toBe(512);
  expect((await probe(model, card, 100, () => clock, true)).tilePx).toBe(256);
  expect((await probe(model, card, 20, () => clock, true)).tilePx).toBeLessThan(128);
});

test('colours that only Display P3 has', () => {
  expect(isOutsideSrgb(255, 0, 0)).toBe(true);
  expect(isOutsideSrgb(0, 255, 0)).toBe(true);
  expect(isOutsideSrgb(234, 51, 35)).toBe(false); // about the red of sRGB
  expect(isOutsideSrgb(128, 128, 128)).toBe(false);
  expect(isOutsideSrgb(255, 255, 255)).toBe(false);
});

/** A WebP of nothing but its EXIF chunk. */
function webp(orientation: number, little: boolean, prefix = ''): Uint8Array {
  const exif = new DataView(new ArrayBuffer(26));
  exif.setUint16(0, little ? 0x4949 : 0x4d4d);
  exif.setUint16(2, 42, little);
  exif.setUint32(4, 8, little);
  exif.setUint16(8, 1, little);
  exif.setUint16(10, 0x0112, little);
  exif.setUint16(12, 3, little);
  exif.setUint32(14, 1, little);
  exif.setUint16(18, orientation, little);
  const size = 26 + prefix.length;
  const head = Buffer.alloc(20);
  head.write('RIFF', 0);
  head.writeUInt32LE(12 + size, 4);
  head.write('WEBPEXIF', 8);
  head.writeUInt32LE(size, 16);
  return new Uint8Array(Buffer.concat([head, Buffer.from(prefix), Buffer.from(exif.buffer)]));
}

test.each([1, 3, 6, 8])('the EXIF orientation %i of a WebP is found', (orientation) => {
  expect(webpOrientation(webp(orientation, true))).toBe(orientation);
  expect(webpOrientation(webp(orientation, false))).toBe(orientation);
  expect(webpOrientation(webp(orientation, false, 'Exif\0\0'))).toBe(orientation);
});

test('what is cut off or out of range turns nothing', () => {
  expect(webpOrientation(webp(9, true))).toBe(1);
  expect(webpOrientation(webp(6, true).slice(0, 30))).toBe(1);
  expect(webpOrientation(new Uint8Array(40))).toBe(1);
});

/** Red values of a picture, row by row. */
const reds = ({ data }: { data: Uint8ClampedArray }) =>
  Array.from({ length: data.length / 4 }, (_, i) => data[i * 4]);

test.each([
  [1, 3, [1, 2, 3, 4, 5, 6]],
  [2, 3, [3, 2, 1, 6, 5, 4]],
  [3, 3, [6, 5, 4, 3, 2, 1]],
  [4, 3, [4, 5, 6, 1, 2, 3]],
  [5, 2, [1, 4, 2, 5, 3, 6]],
  [6, 2, [4, 1, 5, 2, 6, 3]],
  [7, 2, [6, 3, 5, 2, 4, 1]],
  [8, 2, [3, 6, 2, 5, 1, 4]],
])('orientation %i of 3 x 2 pixels', (orientation, width, expected) => {
  const picture = blankPicture(3, 2);
  for (let i = 0; i < 6; i++) picture.data[i * 4] = i + 1;
  const seen = turned(picture, orientation);
  expect(seen.width).toBe(width);
  expect(reds(seen)).toEqual(expected);
});
