import type { IntegerLayer, IntegerNetwork } from '../../integer/network';
import type { Arena } from '../arena';
import { headBytes, type LayerShape, type Part, pairsOf, partBytes, partsOf } from './convolution';

/** A layer whose numbers lie in memory, at `numbers`. */
export type PlacedLayer = LayerShape & { numbers: number };

const LANE_BYTES = 2;

/** The shapes of a network's layers: outputs are padded to whole vectors of 32-bit lanes. */
export function shapesOf({ layers, isBent }: IntegerNetwork): LayerShape[] {
  let inputBytes_ = LANE_BYTES * (layers[0] as IntegerLayer).inputs;
  return layers.map(({ outputs, shift }, index) => {
    const outputBytes_ = 4 * LANE_BYTES * Math.ceil(outputs / 4);
    const shape = { inputBytes_, outputBytes_, shift, bends: isBent && index < layers.length - 1 };
    inputBytes_ = outputBytes_;
    return shape;
  });
}

/** Put a layer's numbers into memory as the kernels use them. */
export function placeLayer(layer: IntegerLayer, shape: LayerShape, arena: Arena): PlacedLayer {
  const parts = partsOf(shape);
  const bytes = parts.reduce((sum, { vectors }) => sum + partBytes(shape, vectors), 0);
  const numbers = arena.take(bytes);
  for (const part of parts) placePart(layer, shape, part, numbers + part.offset, arena);
  return { ...shape, numbers };
}

function placePart(
  { inputs, outputs, weights, bias, multipliers, below, least, most }: IntegerLayer,
  shape: LayerShape,
  { vectors, to }: Part,
  at: number,
  { bytes: { buffer } }: Arena,
): void {
  const first = to / LANE_BYTES;
  const count = Math.min(4 * vectors, outputs - first);
  new Int32Array(buffer, at).set(bias.subarray(first, first + count));
  const short = new Int16Array(buffer, at);
  const half = 8 * Math.ceil(vectors / 2);
  for (const [index, values] of [multipliers, below, least, most].entries()) {
    short.set(values.subarray(first, first + count), 8 * vectors + half * index);
  }
  // For each pair of inputs, two weights of each output.
  const stride = shape.inputBytes_ / LANE_BYTES;
  let start = headBytes(vectors) / LANE_BYTES;
  for (let row = 0; row < 3; row++) {
    for (let input = 0; input < 3 * stride; input++) {
      const [column, own] = [Math.floor(input / stride), input % stride];
      if (own >= inputs) continue;
      const from = ((row * 3 + column) * inputs + own) * outputs + first;
      const pair = start + (input >> 1) * 8 * vectors + (input & 1);
      for (let o = 0; o < count; o++) short[pair + 2 * o] = weights[from + o] as number;
    }
    start += pairsOf(shape) * 8 * vectors;
  }
}
