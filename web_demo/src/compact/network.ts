import { NETWORK_FILE } from '../core/card';
import type { GoldenCase } from '../core/engine';
import { ModelMismatch } from '../core/errors';
import { enlarged, type Scale } from '../core/scale';

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

/** "HSZ" and a byte that text does not contain: a file transferred as text is damaged here. */
const MAGIC = [0x48, 0x53, 0x5a, 0x1a];

/** The newest version of the format; the first one knows whole scales only. */
const VERSION = 2;
const MOST_BODY = 256;
const MOST_CHANNELS = 1024;
const MOST_GOLDEN = 16;

/** Far more than any student has: what is larger is not unpacked. */
const MOST_WEIGHTS = 16_000_000;

/**
 * Read a `model.halfsize` from any source. Nothing is allocated beyond what the file's own length
 * justifies.
 *
 * @throws ModelMismatch saying what is wrong.
 */
export function parseNetwork(bytes: Uint8Array): ChainNetwork {
  const reader = new Reader(bytes);
  const header = parseHeader(reader);
  const { scale, colours, body } = header;
  const layers = counted(body + 2, (index) => parseLayer(reader, header, index));
  const golden = counted(header.golden, () => parseGolden(reader, scale));
  reader.requireEnd_();
  const marginPx = (body + 2) * scale.down;
  return { scale, colour: colours === 1 ? 'luma' : 'rgb', marginPx, layers, golden };
}

type Header = ReturnType<typeof parseHeader>;

function parseHeader(reader: Reader) {
  for (const byte of MAGIC)
    if (reader.bytes(1)[0] !== byte) throw wrong('it is not a halfsize model');
  const version = reader.number(1, 255);
  if (version > VERSION) throw wrong('it is of a newer version', 'Update halfsize');
  // In the order of the file: each number that is read is the next one.
  const header = {
    isInt8_: reader.number(1, 2) === 2,
    up_: reader.number(2, 4),
    colours: reader.number(0, 1) === 0 ? 1 : 3,
    hasSlopes_: reader.number(0, 1) === 1,
    golden: reader.number(1, MOST_GOLDEN),
    body: reader.number(0, MOST_BODY, 2),
    channels: reader.number(1, MOST_CHANNELS, 2),
  };
  const { up_: up } = header;
  const down = reader.number(version - 1, (version - 1) * (up - 1), 2) || 1;
  if (down > 1 && down < up - 1) throw wrong(`it enlarges by ${up}/${down}`);
  if (header.body * 9 * header.channels ** 2 > MOST_WEIGHTS) throw wrong('it has too many weights');
  return { ...header, scale: { up, down } };
}

function parseLayer(reader: Reader, header: Header, index: number): ChainLayer {
  const { body, channels, colours, isInt8_: isInt8, hasSlopes_: hasSlopes, scale } = header;
  const { up, down } = scale;
  const isLast = index === body + 1;
  const inputs = index === 0 ? colours * down ** 2 : channels;
  const outputs = isLast ? colours * up ** 2 : channels;
  const bias = reader.halves_(outputs);
  const slopes = hasSlopes && !isLast ? reader.halves_(outputs) : null;
  const count = 9 * inputs * outputs;
  let weights: Float32Array;
  if (isInt8) {
    const steps = reader.halves_(outputs);
    weights = new Float32Array(new Int8Array(reader.bytes(count)));
    // A loop: readers wait for it, and nothing has optimised what it would call.
    for (let i = 0; i < count; i++)
      weights[i] = (weights[i] as number) * (steps[i % outputs] as number);
  } else weights = reader.halves_(count);
  if (index === 0) weights = swapped(weights, down, 3);
  return { inputs, outputs, weights, bias, slopes };
}

/**
 * Exchange two axes of `[3, first, second, ...]`. A first layer's kernel rows and columns are blocks and
 * pixels of a block: as a file has them (`down`, 3), and as a network has them (3, `down`).
 */
export function swapped(values: Float32Array, first: number, second: number): Float32Array {
  const result = new Float32Array(values.length);
  const count = values.length / (3 * first * second);
  for (let to = 0; to < 3 * first * second; to++) {
    const at = to % (first * second);
    const from = to - at + (at % first) * second + Math.floor(at / first);
    result.set(values.subarray(from * count, (from + 1) * count), to * count);
  }
  return result;
}

function parseGolden(reader: Reader, scale: Scale): GoldenCase {
  const height = reader.number(1, 255);
  const width = reader.number(1, 255);
  const input = reader.bytes(height * width * 3);
  const output = reader.bytes(enlarged(height, scale) * enlarged(width, scale) * 3);
  return { scale, height, width, input, output };
}

function counted<T>(length: number, make: (index: number) => T): T[] {
  return Array.from({ length }, (_, index) => make(index));
}

/** Goes through the bytes and never past their end. */
class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  bytes(count: number): Uint8Array {
    const end = this.#at + count;
    if (end > this.#bytes.length) throw wrong('it is cut off');
    const part = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return part;
  }

  /** A whole number of some bytes, the least significant first, that must be in this range. */
  number(least: number, most: number, size = 1): number {
    const value = this.bytes(size).reduceRight((sum, byte) => 256 * sum + byte, 0);
    if (value < least || value > most) {
      const at = this.#at - size;
      throw wrong(`the number at byte ${at} is ${value}, it must be from ${least} to ${most}`);
    }
    return value;
  }

  /** IEEE 754 binary16, little-endian. */
  halves_(count: number): Float32Array {
    const stored = this.bytes(2 * count);
    const values = new Float32Array(count);
    for (let i = 0; i < count; i++) {
      values[i] = half((stored[2 * i] as number) + 256 * (stored[2 * i + 1] as number));
    }
    return values;
  }

  requireEnd_(): void {
    if (this.#at !== this.#bytes.length) throw wrong('it is too long');
  }
}

function half(bits: number): number {
  const exponent = (bits >> 10) & 31;
  if (exponent === 31) throw wrong('one of its values is not a number');
  const whole = (exponent && 1024) + (bits & 1023);
  return (bits >> 15 ? -whole : whole) * 2 ** (Math.max(exponent, 1) - 25);
}

function wrong(what: string, remedy = 'Export it again'): ModelMismatch {
  return new ModelMismatch(`The model’s ${NETWORK_FILE} cannot be used: ${what}. ${remedy}.`);
}
