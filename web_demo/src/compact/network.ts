import { NETWORK_FILE } from '../core/card';
import type { GoldenCase } from '../core/engine';
import { ModelMismatch } from '../core/errors';

/**
 * A 3x3 convolution with zero padding and stride 1, and what follows it: PReLU with one slope for
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

/** A folded student, as docs/reference/format.md defines it. All values are finite. */
export type ChainNetwork = {
  scale: number;
  /** `luma`: one channel in, scale² out; `rgb`: 3 in, 3 * scale² out. */
  colour: 'luma' | 'rgb';
  /** How far a pixel of the input reaches. */
  marginPx: number;
  /** The first layer, the body, and the last. */
  layers: ChainLayer[];
  golden: GoldenCase[];
};

/** "HSZ" and a byte that text does not contain: a file transferred as text is damaged here. */
const MAGIC = [0x48, 0x53, 0x5a, 0x1a];

const VERSION = 1;
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
  return { scale, colour: colours === 1 ? 'luma' : 'rgb', marginPx: body + 2, layers, golden };
}

type Header = ReturnType<typeof parseHeader>;

function parseHeader(reader: Reader) {
  for (const byte of MAGIC)
    if (reader.bytes(1)[0] !== byte) throw wrong('it is not a halfsize model');
  reader.number(VERSION, VERSION);
  // In the order of the file: each number that is read is the next one.
  const header = {
    isInt8_: reader.number(1, 2) === 2,
    scale: reader.number(2, 4),
    colours: reader.number(0, 1) === 0 ? 1 : 3,
    hasSlopes_: reader.number(0, 1) === 1,
    golden: reader.number(1, MOST_GOLDEN),
    body: reader.number(0, MOST_BODY, 2),
    channels: reader.number(1, MOST_CHANNELS, 2),
  };
  reader.number(0, 0, 2); // reserved
  if (header.body * 9 * header.channels ** 2 > MOST_WEIGHTS) throw wrong('it has too many weights');
  return header;
}

function parseLayer(reader: Reader, header: Header, index: number): ChainLayer {
  const { body, channels, colours, isInt8_: isInt8, hasSlopes_: hasSlopes, scale } = header;
  const isLast = index === body + 1;
  const inputs = index === 0 ? colours : channels;
  const outputs = isLast ? colours * scale ** 2 : channels;
  const bias = reader.halves_(outputs);
  const slopes = hasSlopes && !isLast ? reader.halves_(outputs) : null;
  const count = 9 * inputs * outputs;
  if (!isInt8) return { inputs, outputs, weights: reader.halves_(count), bias, slopes };
  const steps = reader.halves_(outputs);
  const weights = new Float32Array(new Int8Array(reader.bytes(count)));
  // A loop: readers wait for it, and nothing has optimised what it would call.
  for (let i = 0; i < count; i++)
    weights[i] = (weights[i] as number) * (steps[i % outputs] as number);
  return { inputs, outputs, weights, bias, slopes };
}

function parseGolden(reader: Reader, scale: number): GoldenCase {
  const height = reader.number(1, 255);
  const width = reader.number(1, 255);
  const values = height * width * 3;
  return { height, width, input: reader.bytes(values), output: reader.bytes(values * scale ** 2) };
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

function wrong(what: string): ModelMismatch {
  return new ModelMismatch(`The model’s ${NETWORK_FILE} cannot be used: ${what}. Export it again.`);
}
