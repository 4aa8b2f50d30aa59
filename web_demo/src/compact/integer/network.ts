/** Students in whole numbers: version 3 of `model.halfsize`, as docs/reference/format.md defines it. */
import type { CheckedCase } from '../../core/engine';
import type { Scale } from '../../core/scale';
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
} from '../file';

/** A 3x3 convolution of blocks, and how its sums become the next layer's inputs. All are whole numbers. */
export type IntegerLayer = {
  inputs: number;
  outputs: number;
  /** By kernel row, kernel column, input and output, as those of a `ChainLayer`. */
  weights: Int8Array;
  bias: Int32Array;
  /** Sums are divided by two to the power of this. */
  shift: number;
  /** In 32768ths: of sums from zero on, and of those below it. */
  multipliers: Int16Array;
  below: Int16Array;
  /** What each output lies between at last. */
  least: Int16Array;
  most: Int16Array;
};

export type IntegerNetwork = {
  scale: Scale;
  colour: 'luma' | 'rgb';
  /** How far a pixel of the input reaches. */
  marginPx: number;
  /** Of what passes from layer to layer. */
  bits: number;
  /** Whether sums below zero have multipliers of their own, in all layers but the last. */
  isBent: boolean;
  layers: IntegerLayer[];
  golden: CheckedCase[];
};

const VERSION = 3;

/** The first layer's inputs are eighths of a byte; what the last one gives are 64ths, of 15 bits. */
const MOST_INPUT = 2040;
const LEAST_RESULT = -16384;

/** Sums stay below this: float32 has them exactly. */
const SUMS_END = 2 ** 24;

/**
 * Read a `model.halfsize` of version 3 from any source.
 *
 * @throws ModelMismatch saying what is wrong.
 */
export function parseIntegers(bytes: Uint8Array): IntegerNetwork {
  const reader = new Reader(bytes);
  const version = readVersion(reader);
  if (version > VERSION) throw wrong('it is of a newer version', 'Update halfsize');
  if (version < VERSION) throw wrong('it does not compute in whole numbers, as its card says');
  reader.number_(2, 2);
  const sizes = readSizes(reader);
  const scale = readScale(sizes, reader.number_(1, Math.max(sizes.up - 1, 1)));
  const bits = reader.number_(7, 8);
  const { body, colours, hasSlopes_: isBent } = sizes;
  const layers: IntegerLayer[] = [];
  let inputs = Array<number>(colours * scale.down ** 2).fill(MOST_INPUT);
  for (let index = 0; index < body + 2; index++) {
    const layer = parseLayer(reader, sizes, scale, 2 ** bits - 1, index);
    requireSmallSums(layer, inputs);
    inputs = counted(layer.outputs, (o) =>
      Math.max(-(layer.least[o] as number), layer.most[o] as number),
    );
    layers.push(layer);
  }
  const golden = counted(sizes.golden, () => parseCase(reader, scale));
  reader.requireEnd_();
  const marginPx = (body + 2) * scale.down;
  return { scale, colour: colours === 1 ? 'luma' : 'rgb', marginPx, bits, isBent, layers, golden };
}

/** @param range the largest that a hidden layer's results can be, where they are never below zero. */
function parseLayer(
  reader: Reader,
  sizes: Sizes,
  scale: Scale,
  range: number,
  index: number,
): IntegerLayer {
  const { inputs, outputs } = widthsOf(sizes, scale, index);
  const isLast = index > sizes.body;
  const isBent = sizes.hasSlopes_ && !isLast;
  const shift = reader.number_(0, 15);
  const bias = new Int32Array(counted(outputs, () => reader.number_(0, 2 ** 32 - 1, 4)));
  const multipliers = new Int16Array(counted(outputs, () => reader.number_(0, 32767, 2)));
  if (isLast && multipliers.some((value) => value % 256))
    throw wrong('a multiplier of its last layer is not a multiple of 256');
  // Of whole numbers without a sign, -32768 is the one between the others.
  const below = isLast
    ? multipliers
    : new Int16Array(counted(outputs, () => (isBent ? reader.number_(0, 65535, 2) : 0)));
  if (below.includes(-32768)) throw wrong('a multiplier is -32768');
  const least = new Int16Array(outputs).fill(isLast ? LEAST_RESULT : 0);
  if (isBent) for (let o = 0; o < outputs; o++) least[o] = -reader.number_(0, range);
  const most = least.map((value) => (isLast ? -LEAST_RESULT - 1 : range + value));
  let weights: Int8Array = new Int8Array(reader.bytes_(9 * inputs * outputs));
  if (index === 0) weights = swapped(weights, scale.down, 3);
  return { inputs, outputs, weights, bias, shift, multipliers, below, least, most };
}

/** @param most the largest amount of each input. */
function requireSmallSums({ outputs, weights, bias }: IntegerLayer, most: number[]): void {
  const sums = Array.from(bias, Math.abs);
  for (let at = 0; at < weights.length; at++) {
    const input = Math.floor(at / outputs) % most.length;
    sums[at % outputs] =
      (sums[at % outputs] as number) + Math.abs(weights[at] as number) * (most[input] as number);
  }
  if (sums.some((sum) => sum >= SUMS_END)) throw wrong('its sums may exceed 24 bits');
}

function parseCase(reader: Reader, scale: Scale): CheckedCase {
  const height = reader.number_(1, 255);
  const width = reader.number_(1, 255);
  const input = reader.bytes_(height * width * 3);
  return { scale, height, width, input, crc: reader.number_(0, 2 ** 32 - 1, 4) };
}
