import type { ChainLayer, ChainNetwork } from '../../src/compact/network';
import type { GoldenCase } from '../../src/core/engine';

export type Shape = {
  body: number;
  channels: number;
  scale?: number;
  colour?: 'luma' | 'rgb';
  activation?: 'relu' | 'prelu';
};

/** A network in which every weight counts; all of them are whole 1024ths, so that float16 is exact. */
export function randomChain(random: () => number, shape: Shape): ChainNetwork {
  const { body, channels, scale = 2, colour = 'luma', activation = 'prelu' } = shape;
  const colours = colour === 'luma' ? 1 : 3;
  const widths = [colours, ...Array(body + 1).fill(channels), colours * scale ** 2] as number[];
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
  const network = { scale, colour, marginPx: body + 2, layers, golden: [] };
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
  return { height, width, input, output };
}

/** docs/reference/format.md, word for word, in double precision. RGB floats in and out, clamped. */
export function plainChain(
  network: ChainNetwork,
  pixels: Float32Array,
  height: number,
  width: number,
): Float64Array {
  const { scale, layers } = network;
  const colours = network.colour === 'luma' ? 1 : 3;
  const area = height * width;
  const rgb = (at: number) => [0, 1, 2].map((c) => pixels[3 * at + c] as number);
  const luma = (at: number) => dot([0.299, 0.587, 0.114], rgb(at));
  const native = Float64Array.from({ length: area * colours }, (_, i) =>
    colours === 1 ? luma(i) : (pixels[i] as number),
  );
  let features = native;
  for (const [index, layer] of layers.entries()) {
    features = convolve(features, layer, height, width);
    if (index < layers.length - 1) features = features.map((value, i) => activate(layer, value, i));
  }
  const chroma = [2, 0].map((colour, which) =>
    Float64Array.from({ length: area }, (_, at) => {
      const value = (rgb(at)[colour] as number) - luma(at);
      return value / ([1.772, 1.402][which] as number);
    }),
  ) as [Float64Array, Float64Array];
  const result = new Float64Array(area * scale ** 2 * 3);
  for (let y = 0; y < height * scale; y++) {
    for (let x = 0; x < width * scale; x++) {
      const at = Math.floor(y / scale) * width + Math.floor(x / scale);
      const sub = (y % scale) * scale + (x % scale);
      const own = Array.from({ length: colours }, (_, colour) => {
        const plane = features[(at * colours + colour) * scale ** 2 + sub] as number;
        return plane + (native[at * colours + colour] as number);
      });
      const colour =
        colours === 3 ? own : mix(own[0] as number, chroma, y, x, height, width, scale);
      for (let c = 0; c < 3; c++) {
        const value = Math.min(Math.max(colour[c] as number, 0), 1);
        result[(y * width * scale + x) * 3 + c] = value;
      }
    }
  }
  return result;
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
  [blue, red]: [Float64Array, Float64Array],
  row: number,
  column: number,
  height: number,
  width: number,
  scale: number,
): number[] {
  const cb = bicubic(blue, row, column, height, width, scale);
  const cr = bicubic(red, row, column, height, width, scale);
  return [y + 1.402 * cr, y - (0.114 * 1.772 * cb + 0.299 * 1.402 * cr) / 0.587, y + 1.772 * cb];
}

function bicubic(
  plane: Float64Array,
  row: number,
  column: number,
  height: number,
  width: number,
  scale: number,
): number {
  const [y, x] = [Math.floor(row / scale), Math.floor(column / scale)];
  let sum = 0;
  for (let dy = -2; dy <= 2; dy++) {
    for (let dx = -2; dx <= 2; dx++) {
      const from = clamp(y + dy, height) * width + clamp(x + dx, width);
      const down = keys(((row % scale) + 0.5) / scale - 0.5 - dy);
      const across = keys(((column % scale) + 0.5) / scale - 0.5 - dx);
      sum += down * across * (plane[from] as number);
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

function dot(a: number[], b: number[]): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] as number), 0);
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
  const bytes = [0x48, 0x53, 0x5a, 0x1a, 1, 1, scale, colour === 'luma' ? 0 : 1];
  bytes.push(first.slopes ? 1 : 0, golden.length);
  for (const word of [body, first.outputs, 0]) bytes.push(word & 255, word >> 8);
  const halves = (values: Float32Array) => {
    for (const value of values) {
      const bits = half(value);
      bytes.push(bits & 255, bits >> 8);
    }
  };
  for (const { bias, slopes, weights } of layers) {
    halves(bias);
    if (slopes) halves(slopes);
    halves(weights);
  }
  for (const { height, width, input, output } of golden) {
    bytes.push(height, width, ...input, ...output);
  }
  return new Uint8Array(bytes);
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
