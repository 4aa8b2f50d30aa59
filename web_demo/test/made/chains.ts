import type { ChainLayer, ChainNetwork } from '../../src/compact/network';
import type { GoldenCase } from '../../src/core/engine';
import type { Scale } from '../../src/core/scale';

export type Shape = {
  body: number;
  channels: number;
  scale?: Scale;
  colour?: 'luma' | 'rgb';
  activation?: 'relu' | 'prelu';
};

/** A network in which every weight counts; all of them are whole 1024ths, so that float16 is exact. */
export function randomChain(random: () => number, shape: Shape): ChainNetwork {
  const { body, channels, scale = { up: 2, down: 1 }, colour = 'luma' } = shape;
  const { activation = 'prelu' } = shape;
  const { up, down } = scale;
  const colours = colour === 'luma' ? 1 : 3;
  const hidden = Array(body + 1).fill(channels);
  const widths = [colours * down ** 2, ...hidden, colours * up ** 2] as number[];
  const values = (count: number, spread: number) =>
    Float32Array.from({ length: count }, () => Math.round((random() - 0.5) * spread * 1024) / 1024);
  const layers = widths.slice(1).map((outputs, index): ChainLayer => {
    const inputs = widths[index] as number;
    const isLast = index === body + 1;
    return {
      inputs,
      outputs,
      weights: values(9 * inputs * outputs, Math.min(1.9, 3 / Math.sqrt(inputs))),
      bias: values(outputs, 0.2),
      slopes: activation === 'prelu' && !isLast ? values(outputs, 1) : null,
    };
  });
  const network = { scale, colour, marginPx: (body + 2) * down, layers, golden: [] };
  return { ...network, golden: [goldenOf(network, 3, 5, random)] };
}

function goldenOf(
  network: ChainNetwork,
  height: number,
  width: number,
  random: () => number,
): GoldenCase {
  const input = Uint8Array.from({ length: height * width * 3 }, () => Math.floor(random() * 256));
  const pixels = Float32Array.from(input, (byte) => byte / 255);
  const output = Uint8Array.from(plainChain(network, pixels, height, width), (value) =>
    Math.floor(value * 255 + 0.5),
  );
  return { scale: network.scale, height, width, input, output };
}

/** The values of one colour, and their size. */
type Plane = { values: Float64Array; height: number; width: number };

/**
 * docs/reference/format.md, word for word, in double precision. RGB floats in and out, clamped; of any
 * size: the edge is repeated to whole blocks, and the result cut.
 *
 * @param shift how far, in pixels of the input, a wrong anchor lies to the right.
 */
export function plainChain(
  network: ChainNetwork,
  pixels: Float32Array,
  height: number,
  width: number,
  shift = 0,
): Float64Array {
  const { up, down } = network.scale;
  const [rows, columns] = [Math.ceil(height / down) * down, Math.ceil(width / down) * down];
  const plane = (value: (r: number, g: number, b: number) => number): Plane => {
    const values = Float64Array.from({ length: rows * columns }, (_, i) => {
      const [y, x] = [clamp(Math.floor(i / columns), height), clamp(i % columns, width)];
      const at = 3 * (y * width + x);
      const [r = 0, g = 0, b = 0] = pixels.subarray(at, at + 3);
      return value(r, g, b);
    });
    return { values, height: rows, width: columns };
  };
  const luma = plane(lumaOf);
  const chroma = [
    plane((r, g, b) => (b - lumaOf(r, g, b)) / 1.772),
    plane((r, g, b) => (r - lumaOf(r, g, b)) / 1.402),
  ] as const;
  const rgb = [plane((r) => r), plane((_, g) => g), plane((_, __, b) => b)];
  const native = network.colour === 'luma' ? [luma] : rgb;
  const planes = planesOf(network, native);
  const [tall, wide] = [Math.ceil((height * up) / down), Math.ceil((width * up) / down)];
  const result = new Float64Array(tall * wide * 3);
  for (let y = 0; y < tall; y++) {
    for (let x = 0; x < wide; x++) {
      const block = Math.floor(y / up) * (columns / down) + Math.floor(x / up);
      const sub = (y % up) * up + (x % up);
      const own = native.map((from, colour) => {
        const added = planes[(block * native.length + colour) * up ** 2 + sub] as number;
        // What is repeated is the input of whole scales; of others it is enlarged.
        return (
          added +
          (down === 1 ? (from.values[block] as number) : bicubic(from, y, x, up / down, shift))
        );
      });
      const colour = native.length === 3 ? own : mix(own[0] as number, chroma, y, x, up / down);
      for (let c = 0; c < 3; c++) {
        result[(y * wide + x) * 3 + c] = Math.min(Math.max(colour[c] as number, 0), 1);
      }
    }
  }
  return result;
}

function lumaOf(r: number, g: number, b: number): number {
  return 0.299 * r + 0.587 * g + 0.114 * b;
}

/** What the last layer gives: by block, colour and sub-pixel. */
function planesOf({ layers, scale }: ChainNetwork, native: Plane[]): Float64Array {
  const { down } = scale;
  const [height, width] = [(native[0] as Plane).height / down, (native[0] as Plane).width / down];
  const first = layers[0] as ChainLayer;
  let features = strided(native, first, down).map((value, i) => activate(first, value, i));
  for (const [index, layer] of layers.slice(1).entries()) {
    features = convolve(features, layer, height, width);
    if (index < layers.length - 2) features = features.map((value, i) => activate(layer, value, i));
  }
  return features;
}

/** The first layer as the file has it: a kernel of side 3 * down that moves by `down` pixels. */
function strided(native: Plane[], layer: ChainLayer, down: number): Float64Array {
  const { outputs, bias } = layer;
  const { height, width } = native[0] as Plane;
  const columns = width / down;
  const result = new Float64Array((height / down) * columns * outputs);
  for (let at = 0; at < result.length; at++) {
    const [block, output] = [Math.floor(at / outputs), at % outputs];
    const [top, left] = [Math.floor(block / columns) * down, (block % columns) * down];
    let sum = bias[output] as number;
    for (let ky = 0; ky < 3 * down; ky++) {
      for (let kx = 0; kx < 3 * down; kx++) {
        const [y, x] = [top + ky - down, left + kx - down];
        if (y < 0 || x < 0 || y >= height || x >= width) continue;
        for (const [colour, { values }] of native.entries()) {
          const weight = firstWeight(layer, down, ky, kx, colour, output);
          sum += weight * (values[y * width + x] as number);
        }
      }
    }
    result[at] = sum;
  }
  return result;
}

/** A weight of the first layer, by row and column of the kernel of side 3 * down. */
function firstWeight(
  { inputs, outputs, weights }: ChainLayer,
  down: number,
  ky: number,
  kx: number,
  colour: number,
  output: number,
): number {
  const tap = 3 * Math.floor(ky / down) + Math.floor(kx / down);
  const pixel = (ky % down) * down + (kx % down);
  const input = pixel * (inputs / down ** 2) + colour;
  return weights[(tap * inputs + input) * outputs + output] as number;
}

function convolve(features: Float64Array, layer: ChainLayer, height: number, width: number) {
  const { inputs, outputs, weights, bias } = layer;
  const result = new Float64Array(height * width * outputs);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let o = 0; o < outputs; o++) {
        let sum = bias[o] as number;
        for (let tap = 0; tap < 9; tap++) {
          const [fromY, fromX] = [y + Math.floor(tap / 3) - 1, x + (tap % 3) - 1];
          if (fromY < 0 || fromX < 0 || fromY >= height || fromX >= width) continue;
          for (let i = 0; i < inputs; i++) {
            const value = features[(fromY * width + fromX) * inputs + i] as number;
            sum += value * (weights[(tap * inputs + i) * outputs + o] as number);
          }
        }
        result[(y * width + x) * outputs + o] = sum;
      }
    }
  }
  return result;
}

function activate({ slopes, outputs }: ChainLayer, value: number, at: number): number {
  return value > 0 ? value : value * (slopes?.[at % outputs] ?? 0);
}

function mix(
  y: number,
  [blue, red]: readonly [Plane, Plane],
  row: number,
  column: number,
  ratio: number,
): number[] {
  const cb = bicubic(blue, row, column, ratio);
  const cr = bicubic(red, row, column, ratio);
  return [y + 1.402 * cr, y - (0.114 * 1.772 * cb + 0.299 * 1.402 * cr) / 0.587, y + 1.772 * cb];
}

/** The value at a pixel of the result, whose middle lies between pixels of the plane. */
function bicubic(
  { values, height, width }: Plane,
  row: number,
  column: number,
  ratio: number,
  shift = 0,
) {
  const [y, x] = [(row + 0.5) / ratio - 0.5, (column + 0.5) / ratio - 0.5 - shift];
  const [top, left] = [Math.floor(y) - 1, Math.floor(x) - 1];
  let sum = 0;
  for (let fromY = top; fromY < top + 4; fromY++) {
    const [from, weight] = [clamp(fromY, height) * width, keys(y - fromY)];
    for (let fromX = left; fromX < left + 4; fromX++) {
      sum += weight * keys(x - fromX) * (values[from + clamp(fromX, width)] as number);
    }
  }
  return sum;
}

function keys(distance: number): number {
  const x = Math.abs(distance);
  if (x < 1) return 1.5 * x ** 3 - 2.5 * x ** 2 + 1;
  return x < 2 ? -0.5 * x ** 3 + 2.5 * x ** 2 - 4 * x + 2 : 0;
}

function clamp(at: number, length: number): number {
  return Math.min(Math.max(at, 0), length - 1);
}

/** Write a network as docs/reference/format.md says, with float16 weights. */
export function encodeChain({
  scale,
  colour,
  layers,
  golden,
}: ChainNetwork): Uint8Array<ArrayBuffer> {
  const first = layers[0] as ChainLayer;
  const body = layers.length - 2;
  const { up, down } = scale;
  const bytes = [0x48, 0x53, 0x5a, 0x1a, down === 1 ? 1 : 2, 1, up, colour === 'luma' ? 0 : 1];
  bytes.push(first.slopes ? 1 : 0, golden.length);
  for (const word of [body, first.outputs, down === 1 ? 0 : down])
    bytes.push(word & 255, word >> 8);
  const halves = (values: Float32Array) => {
    for (const value of values) {
      const bits = half(value);
      bytes.push(bits & 255, bits >> 8);
    }
  };
  for (const [index, { bias, slopes, weights }] of layers.entries()) {
    halves(bias);
    if (slopes) halves(slopes);
    halves(index === 0 ? kernelOf(first, down) : weights);
  }
  for (const { height, width, input, output } of golden) {
    bytes.push(height, width, ...input, ...output);
  }
  return new Uint8Array(bytes);
}

/** A first layer's weights in the order of the file: row, column, colour, output. */
function kernelOf(layer: ChainLayer, down: number): Float32Array {
  const { inputs, outputs, weights } = layer;
  const colours = inputs / down ** 2;
  return weights.map((_, at) => {
    const [output, colour] = [at % outputs, Math.floor(at / outputs) % colours];
    const place = Math.floor(at / outputs / colours);
    const [ky, kx] = [Math.floor(place / (3 * down)), place % (3 * down)];
    return firstWeight(layer, down, ky, kx, colour, output);
  });
}

/** The bits of a float16, of numbers that it holds exactly. */
function half(value: number): number {
  if (value === 0) return 0;
  const exponent = Math.floor(Math.log2(Math.abs(value)));
  const mantissa = (Math.abs(value) / 2 ** exponent - 1) * 1024;
  if (!Number.isInteger(mantissa) || exponent < -14 || exponent > 15) {
    throw new Error(`float16 does not hold ${value}`);
  }
  return (value < 0 ? 0x8000 : 0) | ((exponent + 15) << 10) | mantissa;
}
