import type { GoldenCase } from '../core/engine';
import { enlarged, type Scale } from '../core/scale';
import {
  counted,
  Reader,
  readScale,
  readSizes,
  readVersion,
  type Sizes,
  swapped,
  widthsOf,
  wrong,
} from './file';

/**
 * A 3x3 convolution of blocks with zero padding and stride 1, and what follows it: PReLU with one slope for
 * each output, ReLU where `slopes` is null, nothing after the last layer of a network.
 */
export type ChainLayer = {
  inputs: number;
  outputs: number;
  /** By kernel row, kernel column, input and output: `((ky * 3 + kx) * inputs + i) * outputs + o`. */
  weights: Float32Array;
  bias: Float32Array;
  slopes: Float32Array | null;
};

/**
 * A folded student, as docs/reference/format.md defines it. All values are finite.
 *
 * Its layers work on blocks of `down` x `down` pixels. The first one's inputs are the pixels of a block,
 * by row, column and colour: its kernel of side 3 `down` and stride `down` is a 3x3 one of blocks.
 */
export type ChainNetwork = {
  scale: Scale;
  /** `luma`: one colour in, up² out; `rgb`: 3 in, 3 * up² out. */
  colour: 'luma' | 'rgb';
  /** How far a pixel of the input reaches. */
  marginPx: number;
  /** The first layer, the body, and the last. */
  layers: ChainLayer[];
  golden: GoldenCase[];
};

/** The newest version that this reads; the first one knows whole scales only. */
const VERSION = 2;

/**
 * Read a `model.halfsize` from any source. Nothing is allocated beyond what the file's own length
 * justifies.
 *
 * @throws ModelMismatch saying what is wrong.
 */
export function parseNetwork(bytes: Uint8Array): ChainNetwork {
  const reader = new Reader(bytes);
  const version = readVersion(reader);
  if (version > VERSION) throw wrong('it is of a newer version', 'Update halfsize');
  const isInt8 = reader.number_(1, 2) === 2;
  const sizes = readSizes(reader);
  const { colours, body } = sizes;
  const scale = readScale(
    sizes,
    reader.number_(version - 1, (version - 1) * (sizes.up - 1), 2) || 1,
  );
  const layers = counted(body + 2, (index) => parseLayer(reader, sizes, scale, isInt8, index));
  const golden = counted(sizes.golden, () => parseGolden(reader, scale));
  reader.requireEnd_();
  const marginPx = (body + 2) * scale.down;
  return { scale, colour: colours === 1 ? 'luma' : 'rgb', marginPx, layers, golden };
}

function parseLayer(
  reader: Reader,
  sizes: Sizes,
  scale: Scale,
  isInt8: boolean,
  index: number,
): ChainLayer {
  const { inputs, outputs } = widthsOf(sizes, scale, index);
  const bias = halves(reader, outputs);
  const slopes = sizes.hasSlopes_ && index <= sizes.body ? halves(reader, outputs) : null;
  const count = 9 * inputs * outputs;
  let weights: Float32Array;
  if (isInt8) {
    const steps = halves(reader, outputs);
    weights = new Float32Array(new Int8Array(reader.bytes_(count)));
    // A loop: readers wait for it, and nothing has optimised what it would call.
    for (let i = 0; i < count; i++)
      weights[i] = (weights[i] as number) * (steps[i % outputs] as number);
  } else weights = halves(reader, count);
  if (index === 0) weights = swapped(weights, scale.down, 3);
  return { inputs, outputs, weights, bias, slopes };
}

function parseGolden(reader: Reader, scale: Scale): GoldenCase {
  const height = reader.number_(1, 255);
  const width = reader.number_(1, 255);
  const input = reader.bytes_(height * width * 3);
  const output = reader.bytes_(enlarged(height, scale) * enlarged(width, scale) * 3);
  return { scale, height, width, input, output };
}

/** IEEE 754 binary16, little-endian. */
function halves(reader: Reader, count: number): Float32Array {
  const stored = reader.bytes_(2 * count);
  const values = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    values[i] = half((stored[2 * i] as number) + 256 * (stored[2 * i + 1] as number));
  }
  return values;
}

function half(bits: number): number {
  const exponent = (bits >> 10) & 31;
  if (exponent === 31) throw wrong('one of its values is not a number');
  const whole = (exponent && 1024) + (bits & 1023);
  return (bits >> 15 ? -whole : whole) * 2 ** (Math.max(exponent, 1) - 25);
}
