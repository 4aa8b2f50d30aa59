/** The pictures of tests/golden/make_ssimulacra2.py, drawn with whole numbers alone. */
import type { Pixels } from '../../src/quality/ssimulacra2';

type ValueAt = (y: number, x: number, channel: number) => number;

export type Drawn = { pixels: Pixels; sum: number; at: ValueAt };

/** 0 to 255: a linear congruence, whose upper bits look random. */
function hashed(index: number, seed: number): number {
  const state = Math.imul(index, 2654435761) + Math.imul(seed, 40503);
  return (Math.imul(state, 1103) + 12345) >>> 24;
}

function clamped(value: number): number {
  return Math.min(255, Math.max(0, value));
}

function picture(height: number, width: number, valueAt: ValueAt): Drawn {
  const data = new Uint8ClampedArray(4 * height * width).fill(255);
  let sum = 0;
  for (let i = 0; i < 3 * height * width; i++) {
    const [pixel, channel] = [Math.floor(i / 3), i % 3];
    const value = valueAt(Math.floor(pixel / width), pixel % width, channel);
    data[4 * pixel + channel] = value;
    sum += value;
  }
  const at: ValueAt = (y, x, channel) => {
    const [row, column] = [
      Math.min(height - 1, Math.max(0, y)),
      Math.min(width - 1, Math.max(0, x)),
    ];
    return data[4 * (row * width + column) + channel] as number;
  };
  return { pixels: { data, width, height }, sum, at };
}

/** Slopes, stripes, a disc and some noise. */
export function drawn(height: number, width: number, seed: number): Drawn {
  return picture(height, width, (y, x, channel) => {
    const down = (x * (channel + 2) + y * (4 - channel)) * 160;
    const slope = Math.floor(down / (5 * (width + height)));
    const stripe = (Math.floor(x / (3 + (seed % 4))) + Math.floor(y / 5)) % 2;
    const radius = Math.floor(Math.min(height, width) / 2);
    const disc = (2 * x - width) ** 2 + (2 * y - height) ** 2 < radius ** 2;
    const noise = hashed((y * width + x) * 3 + channel, seed) >> 4;
    return clamped(slope + stripe * (30 + 10 * channel) + (disc ? 60 - 40 * channel : 0) + noise);
  });
}

export function distorted({ pixels, at }: Drawn, how: string, seed: number): Drawn {
  const { height, width } = pixels;
  const distortions: Record<string, ValueAt> = {
    coarse: (...where) => Math.min(255, Math.floor(at(...where) / 24) * 24 + 12),
    blurred: (y, x, channel) => {
      let sum = 0;
      for (let i = 0; i < 9; i++) sum += at(y + Math.floor(i / 3) - 1, x + (i % 3) - 1, channel);
      return Math.floor(sum / 9);
    },
    noisy: (y, x, channel) => {
      const noise = Math.floor(hashed((y * width + x) * 3 + channel, seed + 1) / 12) - 10;
      return clamped(at(y, x, channel) + noise);
    },
    brighter: (...where) => Math.min(255, at(...where) + 7),
    blocks: (y, x, channel) => at(y - (y % 4), x - (x % 4), channel),
  };
  return picture(height, width, distortions[how] as ValueAt);
}
