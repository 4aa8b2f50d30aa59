import { crc32 } from '../../src/compact/integer/golden';
import type { Scale } from '../../src/core/scale';
import type { Shape } from './chains';
import { wholeBetween } from './random';

/** A layer as docs/reference/format.md has it: weights by kernel row, column, input and output. */
export type PlainLayer = {
  inputs: number;
  outputs: number;
  side: number;
  shift: number;
  bias: number[];
  multipliers: number[];
  below: number[];
  ranges: number[];
  weights: number[];
};

export type PlainIntegers = Required<Shape> & { bits: number; layers: PlainLayer[] };

/**
 * A network in which every number counts: multipliers and shifts are such that results fill their range.
 *
 * @param extreme all weights are of the largest amount whose sums stay below 2^24, of either sign.
 */
export function randomIntegers(
  random: () => number,
  shape: Shape & { bits?: number },
  extreme = false,
): PlainIntegers {
  const { body, channels, scale = { up: 2, down: 1 }, colour = 'luma', bits = 8 } = shape;
  const { activation = 'prelu' } = shape;
  const colours = colour === 'luma' ? 1 : 3;
  const several = (count: number, least: number, most: number) =>
    Array.from({ length: count }, () => wholeBetween(random, least, most));
  const range = 2 ** bits - 1;
  const layers: PlainLayer[] = [];
  for (let index = 0; index < body + 2; index++) {
    const isLast = index === body + 1;
    const side = index === 0 ? 3 * scale.down : 3;
    const inputs = index === 0 ? colours : channels;
    const outputs = isLast ? colours * scale.up ** 2 : channels;
    const isBent = activation === 'prelu' && !isLast;
    const most = index === 0 ? 2040 : range;
    const largest = Math.min(127, Math.floor((2 ** 24 - 5000) / (side * side * inputs * most)));
    const spread = (side * Math.sqrt(inputs) * most * largest) / 500;
    const weights = several(side * side * inputs * outputs, -largest, largest);
    layers.push({
      inputs,
      outputs,
      side,
      // About a third of the sums is beyond what is kept.
      shift: Math.max(Math.ceil(Math.log2((spread * 64) / 32768)), 0),
      bias: several(outputs, -4000, 4000),
      multipliers: isLast
        ? several(outputs, 20, 127).map((value) => 256 * value)
        : several(outputs, 1, Math.min(32767, 64 * range)),
      below: several(outputs, isBent ? -9000 : 0, isBent ? 9000 : 0),
      ranges: several(outputs, 0, isBent ? range : 0),
      weights: extreme ? weights.map((value) => (value < 0 ? -largest : largest)) : weights,
    });
  }
  return { body, channels, scale, colour, activation, bits, layers };
}

/** RGB bytes, row by row. */
export type PlainPicture = { height: number; width: number; bytes: Uint8Array };

/** A plane of whole numbers. */
type Plane = (y: number, x: number) => number;

const clamp = (value: number, least: number, most: number) =>
  Math.min(Math.max(value, least), most);

/** Divides by a power of two and rounds down. */
const shifted = (value: number, by: number) => Math.floor(value / 2 ** by);

/** "Version 3: whole numbers" of docs/reference/format.md, word for word, in exact doubles. */
export function plainIntegers(network: PlainIntegers, picture: PlainPicture): Uint8Array {
  const { scale, colour, layers, bits, body } = network;
  const { up, down } = scale;
  const [rows, columns] = [
    Math.ceil(picture.height / down) * down,
    Math.ceil(picture.width / down) * down,
  ];
  const byte = (y: number, x: number, c: number) => {
    const [row, column] = [clamp(y, 0, picture.height - 1), clamp(x, 0, picture.width - 1)];
    return picture.bytes[(row * picture.width + column) * 3 + c] as number;
  };
  const isInside = (y: number, x: number) => y >= 0 && x >= 0 && y < rows && x < columns;
  const luma: Plane = (y, x) =>
    shifted(9798 * byte(y, x, 0) + 19235 * byte(y, x, 1) + 3735 * byte(y, x, 2) + 2048, 12);
  const eighths = [0, 1, 2].map(
    (c): Plane =>
      (y, x) =>
        8 * byte(y, x, c),
  ) as [Plane, Plane, Plane];
  const native = colour === 'luma' ? [luma] : eighths;
  let features = native.map((plane) => kept(rows, columns, plane));
  let [high, wide, stride] = [rows, columns, down];
  for (const [index, layer] of layers.entries()) {
    const inputs = features;
    const isLast = index === body + 1;
    [high, wide] = [high / stride, wide / stride];
    const step = stride;
    features = Array.from({ length: layer.outputs }, (_, o) =>
      kept(high, wide, (y, x) => {
        let sum = layer.bias[o] as number;
        for (let ky = 0; ky < layer.side; ky++) {
          for (let kx = 0; kx < layer.side; kx++) {
            const [fromY, fromX] = [y * step + ky - step, x * step + kx - step];
            for (let i = 0; i < layer.inputs; i++) {
              const at = ((ky * layer.side + kx) * layer.inputs + i) * layer.outputs + o;
              sum += (layer.weights[at] as number) * (inputs[i] as Plane)(fromY, fromX);
            }
          }
        }
        const u = clamp(shifted(sum, layer.shift), -32768, 32767);
        const m = (u >= 0 || isLast ? layer.multipliers[o] : layer.below[o]) as number;
        const v = shifted(u * m + 16384, 15);
        if (isLast) return clamp(v, -16384, 16383);
        const z = layer.ranges[o] as number;
        return clamp(v, -z, 2 ** bits - 1 - z);
      }),
    );
    stride = 1;
  }
  const enlarge = (plane: Plane) => enlargedPlane(kept(rows, columns, plane), scale, rows, columns);
  const isLuma = colour === 'luma';
  const chroma =
    isLuma && down === 1
      ? [0, 2].map((c) => enlarge((y, x) => 8 * byte(y, x, c) - luma(y, x)))
      : [];
  const colours = down > 1 ? eighths.map(enlarge) : [];
  const [tall, broad] = [picture.height, picture.width].map((side) =>
    Math.ceil((side * up) / down),
  ) as [number, number];
  const result = new Uint8Array(tall * broad * 3);
  for (let y = 0; y < tall; y++) {
    for (let x = 0; x < broad; x++) {
      const [blockY, blockX] = [Math.floor(y / up), Math.floor(x / up)];
      const sub = (y % up) * up + (x % up);
      for (let c = 0; c < 3; c++) {
        const plane = features[(isLuma ? 0 : c) * up ** 2 + sub] as Plane;
        let value = plane(blockY, blockX);
        if (down > 1) value += (colours[c] as Plane)(y, x);
        else value += 8 * (native[isLuma ? 0 : c] as Plane)(blockY, blockX);
        if (chroma.length > 0) {
          const [e, f] = chroma.map((one) => one(y, x)) as [number, number];
          value += [e, -shifted(522 * e + 199 * f + 512, 10), f][c] as number;
        }
        result[(y * broad + x) * 3 + c] = clamp(shifted(value + 32, 6), 0, 255);
      }
    }
  }
  return result;

  /** A plane's values, computed once; zero outside. */
  function kept(height: number, width: number, plane: Plane): Plane {
    const values = new Int32Array(height * width);
    for (let i = 0; i < values.length; i++) values[i] = plane(Math.floor(i / width), i % width);
    const isWithin = (y: number, x: number) =>
      height === rows && width === columns
        ? isInside(y, x)
        : y >= 0 && x >= 0 && y < height && x < width;
    return (y, x) => (isWithin(y, x) ? (values[y * width + x] as number) : 0);
  }
}

/** The table of the format: of each ratio the pixel of the first tap, and the taps of each sub-pixel. */
export const TAPS: Record<string, [first: number, taps: number[][]]> = {
  '2/1': [
    -2,
    [
      [-24, 232, 888, -72, 0],
      [0, -72, 888, 232, -24],
    ],
  ],
  '3/1': [
    -2,
    [
      [-38, 341, 797, -76, 0],
      [0, 0, 1024, 0, 0],
      [0, -76, 797, 341, -38],
    ],
  ],
  '4/1': [
    -2,
    [
      [-45, 399, 745, -75, 0],
      [-7, 93, 987, -49, 0],
      [0, -49, 987, 93, -7],
      [0, -75, 745, 399, -45],
    ],
  ],
  '3/2': [
    -2,
    [
      [-12, 135, 960, -59, 0, 0],
      [0, -64, 576, 576, -64, 0],
      [0, 0, -59, 960, 135, -12],
    ],
  ],
  '4/3': [
    -3,
    [
      [0, -7, 93, 987, -49, 0, 0, 0, 0],
      [0, 0, -45, 399, 745, -75, 0, 0, 0],
      [0, 0, 0, -75, 745, 399, -45, 0, 0],
      [0, 0, 0, 0, -49, 987, 93, -7, 0],
    ],
  ],
};

/** First along the columns, then along the rows; edges are repeated. */
function enlargedPlane(plane: Plane, { up, down }: Scale, rows: number, columns: number): Plane {
  const [first, taps] = TAPS[`${up}/${down}`] as [number, number[][]];
  const weigh = (at: number, length: number, value: (at: number) => number) => {
    const start = Math.floor(at / up) * down + first;
    return (taps[at % up] as number[]).reduce(
      (sum, tap, i) => sum + tap * value(clamp(start + i, 0, length - 1)),
      0,
    );
  };
  const tall = (y: number, x: number) => shifted(weigh(y, rows, (row) => plane(row, x)) + 128, 8);
  return (y, x) => shifted(weigh(x, columns, (column) => tall(y, column)) + 256, 9);
}

/** Write a network as the format says, with one check on the given picture. */
export function encodeIntegers(
  network: PlainIntegers,
  checked: PlainPicture,
): Uint8Array<ArrayBuffer> {
  const { scale, colour, activation, body, channels, bits, layers } = network;
  const isBent = activation === 'prelu';
  const bytes = [0x48, 0x53, 0x5a, 0x1a, 3, 2, scale.up, colour === 'luma' ? 0 : 1];
  bytes.push(isBent ? 1 : 0, 1);
  const put = (values: number[], size: number) => {
    for (const value of values)
      for (let i = 0; i < size; i++) bytes.push(shifted(value, 8 * i) & 255);
  };
  put([body, channels], 2);
  bytes.push(scale.down, bits);
  for (const [index, layer] of layers.entries()) {
    put([layer.shift], 1);
    put(layer.bias, 4);
    put(layer.multipliers, 2);
    if (isBent && index <= body) {
      put(layer.below, 2);
      put(layer.ranges, 1);
    }
    put(layer.weights, 1);
  }
  const { height, width } = checked;
  bytes.push(height, width, ...checked.bytes);
  put([crc32(plainIntegers(network, checked))], 4);
  return new Uint8Array(bytes);
}
