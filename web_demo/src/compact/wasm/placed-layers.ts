import type { ChainLayer, ChainNetwork } from '../network';
import type { Arena } from './arena';
import type { Convolve, Program } from './program';

/** A kernel's share of a layer: some of its outputs, four to a vector. */
export type Part = {
  convolve: Convolve;
  pixels: number;
  /** Where its outputs begin within a pixel, in bytes. */
  offset: number;
  /** Of its first output; from one input to the next are all of the layer's outputs. */
  weights: number;
  bias: number;
};

/** A layer whose weights lie in memory; `…Bytes` are from one pixel to the next. */
export type PlacedLayer = { parts: Part[]; inputBytes_: number; outputBytes_: number };

/** Put a network's weights into memory as the kernels use them. */
export function placeLayers(network: ChainNetwork, program: Program, arena: Arena): PlacedLayer[] {
  const { layers, scale } = network;
  let inputBytes_ = 4 * (layers[0] as ChainLayer).inputs;
  return layers.map((layer, index) => {
    const isLast = index === layers.length - 1;
    // Of the last layer, each colour's sub-pixels begin with a vector.
    const group = isLast ? scale.up ** 2 : layer.outputs;
    const placed = placeLayer(layer, group, isLast, inputBytes_, program, arena);
    inputBytes_ = placed.outputBytes_;
    return placed;
  });
}

/** @param group this many outputs side by side are padded with zeros to whole vectors. */
function placeLayer(
  { inputs, outputs, weights, bias, slopes }: ChainLayer,
  group: number,
  isLast: boolean,
  inputBytes_: number,
  { convolutions_: convolutions, blockPixels_: blockPixels }: Program,
  arena: Arena,
): PlacedLayer {
  const width = 4 * Math.ceil(group / 4);
  const count = (outputs / group) * width;
  // Readers wait for this, and nothing has optimised it yet: groups are moved whole.
  const filledUp = (values: Float32Array) => {
    const filled = new Float32Array((values.length / group) * width);
    for (let from = 0, to = 0; from < values.length; from += group, to += width) {
      filled.set(values.subarray(from, from + group), to);
    }
    return filled;
  };
  // Each tap has a row of outputs for each input, those included that the layer before filled up.
  const placed = new Float32Array((9 * inputBytes_ * count) / 4);
  for (let tap = 0; tap < 9; tap++) {
    const own = weights.subarray(tap * inputs * outputs, (tap + 1) * inputs * outputs);
    placed.set(filledUp(own), (placed.length / 9) * tap);
  }
  const start = arena.put(placed);
  const biases = filledUp(bias);
  // PReLU is all that the kernels know: with slopes of 0 it is ReLU, with slopes of 1 nothing.
  const bends = isLast ? biases.map(() => 1) : filledUp(slopes ?? bias.map(() => 0));
  const parts: Part[] = [];
  for (let first = 0; first < count; ) {
    // Two vectors are the fastest kernel, with a three where they are odd.
    const left = (count - first) / 4;
    const vectors = left < 4 ? left : 2;
    const end = first + 4 * vectors;
    parts.push({
      convolve: convolutions[vectors] as Convolve,
      pixels: blockPixels[vectors - 1] as number,
      offset: first * 4,
      weights: start + first * 4,
      bias: arena.put([...biases.subarray(first, end), ...bends.subarray(first, end)]),
    });
    first = end;
  }
  return { parts, inputBytes_, outputBytes_: 4 * count };
}
