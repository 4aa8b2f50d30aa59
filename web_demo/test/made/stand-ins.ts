import { expect } from 'vitest';
import type { Enlarged, Enlarger } from '../../src/core/engine';
import { blankPicture, type Picture } from '../../src/core/picture';
import { enlarged, scaleOf } from '../../src/core/scale';
import { type Run, throughFloats } from '../../src/tfjs/floats';

/** Repeats every pixel: needs no margin, and its result can be written down by hand. */
export function nearest(scale: number | string): Required<Pick<Enlarger, 'run'>> & Enlarger {
  return standIn((pixels, height, width) => repeat(pixels, height, width, scale));
}

/**
 * Sums over a window of `2 * radius + 1` with zero padding, weighted by place so that no two
 * neighbours are interchangeable: a network whose receptive field is exactly `radius`.
 */
export function blurring(scale: number | string, radius: number): Enlarger {
  return standIn((pixels, height, width) =>
    repeat(blur(pixels, height, width, radius), height, width, scale),
  );
}

function standIn(
  enlarge: (pixels: Float32Array, height: number, width: number) => Enlarged,
): Required<Pick<Enlarger, 'run'>> & Enlarger {
  const run: Run = async (...tile) => enlarge(...tile);
  return { run, runBytes: throughFloats(run), dispose: () => undefined };
}

export function randomPicture(
  width: number,
  height: number,
  random: () => number,
  opaque = true,
): Picture {
  const picture = blankPicture(width, height);
  for (let i = 0; i < picture.data.length; i++) picture.data[i] = Math.floor(random() * 256);
  if (opaque) for (let i = 3; i < picture.data.length; i += 4) picture.data[i] = 255;
  return picture;
}

function repeat(
  pixels: Float32Array,
  height: number,
  width: number,
  written: number | string,
): Enlarged {
  const scale = scaleOf(written);
  expect([height % scale.down, width % scale.down], 'sides in whole blocks').toEqual([0, 0]);
  const [tall, wide] = [enlarged(height, scale), enlarged(width, scale)];
  const data = new Float32Array(tall * wide * 3);
  // Sides are whole blocks, and so is what lies before a tile: the same pixels wherever it begins.
  const from = (at: number) => Math.floor((at * scale.down) / scale.up);
  for (let y = 0; y < tall; y++) {
    for (let x = 0; x < wide; x++) {
      const at = (from(y) * width + from(x)) * 3;
      data.set(pixels.subarray(at, at + 3), (y * wide + x) * 3);
    }
  }
  return { data, height: tall, width: wide, channels: 3 };
}

function blur(pixels: Float32Array, height: number, width: number, radius: number): Float32Array {
  const out = new Float32Array(pixels.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let dy = -radius; dy <= radius; dy++) {
        for (let dx = -radius; dx <= radius; dx++) {
          const [fromY, fromX] = [y + dy, x + dx];
          if (fromY < 0 || fromX < 0 || fromY >= height || fromX >= width) continue;
          const weight = (3 + dy + 2 * dx) / (6 * (2 * radius + 1) ** 2);
          for (let c = 0; c < 3; c++) {
            const to = (y * width + x) * 3 + c;
            const value = pixels[(fromY * width + fromX) * 3 + c] as number;
            out[to] = (out[to] as number) + weight * value;
          }
        }
      }
    }
  }
  return out;
}

/** Vitest compares arrays value by value, which takes seconds for a picture. */
export function expectSameBytes(got: Uint8ClampedArray, expected: Uint8ClampedArray): void {
  expect(got.length).toBe(expected.length);
  expect(got.findIndex((byte, at) => byte !== expected[at])).toBe(-1);
}
