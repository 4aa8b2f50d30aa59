import type { Arena } from './arena';
import type { Convolve, Program } from './kernels';
import type { ChainLayer, ChainNetwork } from './network';

/** A kernel's share of a layer: some of its outputs, four to a vector. */
export type Part = {
  convolve: Convolve;
  pixels: number;
  /** Where its outputs begin within a pixel, in bytes. */
  offset: number;
  weights: number;
  bias: number;
};

/** A layer whose weights lie in memory; `…Bytes` are from one pixel to the next. */
export type PlacedLayer = { parts: Part[]; inputBytes: number; outputBytes: number };

/** Put a network's weights into memory in the order in which the kernels use them. */
export function placeLayers(network: ChainNetwork, program: Program, arena: Arena): PlacedLayer[] {
  const { layers, colour, scale } = network;
  const placed: PlacedLayer[] = [];
  let inputBytes = colour === 'luma' ? 4 : 12;
  for (const [index, layer] of layers.entries()) {
    const isLast = index === layers.length - 1;
    // Of the last layer, each colour's sub-pixels begin with a vector.
    const group = isLast ? scale ** 2 : layer.outputs;
    const outputs = [];
    for (let first = 0; first < layer.outputs; first += group)
      outputs.push(...padded(first, group));
    placed.push(placeLayer(layer, outputs, isLast, inputBytes, program, arena));
    inputBytes = 4 * outputs.length;
  }
  return placed;
}

/** @param outputs which output stands where; -1: none, zeros. */
function placeLayer(
  layer: ChainLayer,
  outputs: number[],
  isLast: boolean,
  inputBytes: number,
  { kernels, blockPixels }: Program,
  arena: Arena,
): PlacedLayer {
  const convolutions = [kernels.convolve1, kernels.convolve2, kernels.convolve3];
  const parts: Part[] = [];
  let first = 0;
  for (const vectors of split(outputs.length / 4)) {
    const own = outputs.slice(first, first + 4 * vectors);
    // PReLU is all that the kernels know: with slopes of 0 it is ReLU, with slopes of 1 nothing.
    const slope = (output: number) => (isLast ? 1 : (layer.slopes?.[output] ?? 0));
    parts.push({
      convolve: convolutions[vectors - 1] as Convolve,
      pixels: blockPixels[vectors - 1] as number,
      offset: first * 4,
      weights: arena.put(packed(layer, own, inputBytes / 4)),
      bias: arena.put([...own.map((output) => layer.bias[output] ?? 0), ...own.map(slope)]),
    });
    first += own.length;
  }
  return { parts, inputBytes, outputBytes: 4 * outputs.length };
}

function packed({ weights, inputs, outputs }: ChainLayer, own: number[], stride: number) {
  const result = new Float32Array(9 * stride * own.length);
  for (let tap = 0; tap < 9; tap++) {
    for (let input = 0; input < inputs; input++) {
      const from = (tap * inputs + input) * outputs;
      const to = (tap * stride + input) * own.length;
      for (const [at, output] of own.entries()) result[to + at] = weights[from + output] ?? 0;
    }
  }
  return result;
}

/** `count` numbers from `first` on, filled up with -1 to whole vectors. */
function padded(first: number, count: number): number[] {
  const length = 4 * Math.ceil(count / 4);
  return Array.from({ length }, (_, at) => (at < count ? first + at : -1));
}

/** Cut vectors into twos, the fastest kernel, with a three where they are odd. */
function split(vectors: number): number[] {
  if (vectors < 4) return [vectors];
  return [2, ...split(vectors - 2)];
}
