import type { IntegerLayer, IntegerNetwork } from '../../integer/network';
import type { Arena } from '../arena';
import { groupsOf, headBytes, type LayerShape, type Part, partBytes, partsOf } from './convolution';

/** A layer whose numbers lie in memory, at `numbers`. */
export type PlacedLayer = LayerShape & {
  numbers: number;
  /** A pixel outside the picture, as this layer reads it: zeros, or as bytes what stands for them. */
  outside: Uint8Array;
};

/**
 * The shapes of a network's layers: outputs are padded to whole vectors of 32-bit lanes.
 *
 * @param hasBytes whether what passes from layer to layer are bytes.
 */
export function shapesOf({ layers, isBent }: IntegerNetwork, hasBytes: boolean): LayerShape[] {
  let inputBytes_ = 2 * (layers[0] as IntegerLayer).inputs;
  return layers.map(({ outputs, shift }, index) => {
    const isHidden = index < layers.length - 1;
    const givesBytes = isHidden && hasBytes;
    const outputBytes_ = 4 * Math.ceil(outputs / 4) * (givesBytes ? 1 : 2);
    const takesBytes = index > 0 && hasBytes;
    const bends = isHidden && isBent;
    const shape = { inputBytes_, outputBytes_, shift, bends, takesBytes, givesBytes };
    inputBytes_ = outputBytes_;
    return shape;
  });
}

/**
 * Put a layer's numbers into memory as the kernels use them.
 *
 * @param added what was added to each input, where they are bytes.
 */
export function placeLayer(
  layer: IntegerLayer,
  shape: LayerShape,
  added: Int16Array | undefined,
  arena: Arena,
): PlacedLayer {
  const parts = partsOf(shape);
  const numbers = arena.take(parts.reduce((sum, part) => sum + partBytes(shape, part.vectors), 0));
  const outside = new Uint8Array(shape.inputBytes_);
  let { bias } = layer;
  if (shape.takesBytes && added) {
    outside.set(added);
    bias = bias.map((value, o) => value - weighed(layer, added, o));
  }
  for (const part of parts) {
    placePart({ ...layer, bias }, shape, part, numbers + part.offset, arena);
  }
  return { ...shape, numbers, outside };
}

/** What every output gets from what was added to its inputs. */
function weighed({ inputs, outputs, weights }: IntegerLayer, added: Int16Array, output: number) {
  let sum = 0;
  for (let at = 0; at < 9 * inputs; at++) {
    sum += (weights[at * outputs + output] as number) * (added[at % inputs] as number);
  }
  return sum;
}

function placePart(
  { inputs, outputs, weights, bias, multipliers, below, least, most }: IntegerLayer,
  shape: LayerShape,
  { vectors, first }: Part,
  at: number,
  { bytes: { buffer } }: Arena,
): void {
  const count = Math.min(4 * vectors, outputs - first);
  new Int32Array(buffer, at).set(bias.subarray(first, first + count));
  const short = new Int16Array(buffer, at);
  const half = 8 * Math.ceil(vectors / 2);
  const added = least.map((value) => (shape.givesBytes ? -value : 0));
  for (const [index, values] of [multipliers, below, least, most, added].entries()) {
    short.set(values.subarray(first, first + count), 8 * vectors + half * index);
  }
  // For each group of inputs, as many weights of each output.
  const many = shape.takesBytes ? 4 : 2;
  const lanes = new (shape.takesBytes ? Int8Array : Int16Array)(buffer, at + headBytes(vectors));
  const stride = (shape.inputBytes_ * many) / 4;
  let start = 0;
  for (let row = 0; row < 3; row++) {
    for (let input = 0; input < 3 * stride; input++) {
      const [column, own] = [Math.floor(input / stride), input % stride];
      if (own >= inputs) continue;
      const from = ((row * 3 + column) * inputs + own) * outputs + first;
      const to = start + (input - (input % many)) * 4 * vectors + (input % many);
      for (let o = 0; o < count; o++) lanes[to + many * o] = weights[from + o] as number;
    }
    start += groupsOf(shape) * 4 * many * vectors;
  }
}
