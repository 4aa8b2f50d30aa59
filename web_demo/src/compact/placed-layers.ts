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
  let inputBytes = colour === 'luma' ? 4 : 12;
  return layers.map((layer, index) => {
    const isLast = index === layers.length - 1;
    // Of the last layer, each colour's sub-pixels begin with a vector.
    const order = padded(layer.outputs, isLast ? scale ** 2 : layer.outputs);
    const placed = placeLayer(layer, order, isLast, inputBytes, program, arena);
    inputBytes = placed.outputBytes;
    return placed;
  });
}

/** @param order which output stands where; NaN: none, zeros. */
function placeLayer(
  layer: ChainLayer,
  order: number[],
  isLast: boolean,
  inputBytes: number,
  { convolutions, blockPixels }: Program,
  arena: Arena,
): PlacedLayer {
  const parts: Part[] = [];
  for (let first = 0; first < order.length; ) {
    // Two vectors are the fastest kernel, with a three where they are odd.
    const left = (order.length - first) / 4;
    const vectors = left < 4 ? left : 2;
    const own = order.slice(first, first + 4 * vectors);
    const of = (values: Float32Array | null) => own.map((output) => values?.[output] ?? 0);
    // Readers wait for this, and nothing has optimised it yet: whole vectors are moved, whose outputs stand
    // side by side. Behind a layer's last one there is nothing; behind a colour's, what nobody looks at.
    const weights = new Float32Array((9 * inputBytes * own.length) / 4);
    for (let tap = 0; tap < 9; tap++) {
      let at = (weights.length / 9) * tap;
      for (let input = 0; input < layer.inputs; input++) {
        const start = (tap * layer.inputs + input) * layer.outputs;
        const row = layer.weights.subarray(start, start + layer.outputs);
        for (let v = 0; v < own.length; v += 4) {
          weights.set(row.subarray(own[v], (own[v] as number) + 4), at);
          at += 4;
        }
      }
    }
    // PReLU is all that the kernels know: with slopes of 0 it is ReLU, with slopes of 1 nothing.
    const slopes = isLast ? own.map(() => 1) : of(layer.slopes);
    parts.push({
      convolve: convolutions[vectors] as Convolve,
      pixels: blockPixels[vectors - 1] as number,
      offset: first * 4,
      weights: arena.put(weights),
      bias: arena.put([...of(layer.bias), ...slopes]),
    });
    first += own.length;
  }
  return { parts, inputBytes, outputBytes: 4 * order.length };
}

/** The numbers up to `count` in groups, each filled up with NaN to whole vectors. */
function padded(count: number, group: number): number[] {
  const width = 4 * Math.ceil(group / 4);
  return Array.from({ length: (count / group) * width }, (_, at) => {
    const within = at % width;
    return within < group ? Math.floor(at / width) * group + within : Number.NaN;
  });
}
