import { ModelMismatch } from '../errors';
import { NETWORK_FILE } from './file-name';

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

/** A small input and what the exported model gave for it, both RGB bytes, row by row. */
export type GoldenCase = {
  height: number;
  width: number;
  input: Uint8Array;
  output: Uint8Array;
};

/** A folded student, as docs/format.md defines it. All values are finite. */
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

/** "HSZ" and a byte that no text has: a file sent as text is damaged where it shows. */
const MAGIC = [0x48, 0x53, 0x5a, 0x1a];

const VERSION = 1;
const HEADER_BYTES = 16;
const MOST_BODY = 256;
const MOST_CHANNELS = 1024;
const MOST_GOLDEN = 16;

/** Far more than any student has: what is larger is not unpacked. */
const MOST_WEIGHTS = 16_000_000;

/**
 * Read a `model.halfsize`, whoever wrote it. Nothing is allocated that the file's own length does
 * not pay for.
 *
 * @throws ModelMismatch saying what is wrong.
 */
export function parseNetwork(bytes: Uint8Array): ChainNetwork {
  const reader = new Reader(bytes);
  const header = parseHeader(reader);
  const { scale, colour, body } = header;
  const layers: ChainLayer[] = [];
  for (let index = 0; index < body + 2; index++) layers.push(parseLayer(reader, header, index));
  const golden: GoldenCase[] = [];
  for (let index = 0; index < header.golden; index++) golden.push(parseGolden(reader, scale));
  reader.requireEnd();
  return { scale, colour, marginPx: body + 2, layers, golden };
}

type Header = {
  scale: number;
  colour: 'luma' | 'rgb';
  isInt8: boolean;
  hasSlopes: boolean;
  body: number;
  channels: number;
  golden: number;
};

function parseHeader(reader: Reader): Header {
  const head = reader.bytes(HEADER_BYTES);
  if (MAGIC.some((byte, at) => head[at] !== byte)) throw wrong('it is no halfsize model');
  const [version, precision, scale, colour, activation, golden] = head.subarray(4) as unknown as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const sizes = new DataView(head.buffer, head.byteOffset);
  const [body, channels] = [sizes.getUint16(10, true), sizes.getUint16(12, true)];
  if (version !== VERSION) throw wrong(`it has version ${version}, ${VERSION} is read here`);
  if (precision !== 1 && precision !== 2) throw wrong(`${precision} is no precision`);
  if (scale < 2 || scale > 4) throw wrong(`a scale of ${scale} is none of 2, 3 and 4`);
  if (colour > 1) throw wrong(`${colour} is no colour`);
  if (activation > 1) throw wrong(`${activation} is no activation`);
  if (body > MOST_BODY) throw wrong(`${body} layers are too many`);
  if (channels < 1 || channels > MOST_CHANNELS) throw wrong(`it cannot have ${channels} channels`);
  if (golden < 1 || golden > MOST_GOLDEN) throw wrong(`it cannot have ${golden} golden vectors`);
  if (sizes.getUint16(14, true) !== 0) throw wrong('its reserved bytes are not 0');
  if (body * 9 * channels ** 2 > MOST_WEIGHTS) throw wrong('it has too many weights');
  return {
    scale,
    colour: colour === 0 ? 'luma' : 'rgb',
    isInt8: precision === 2,
    hasSlopes: activation === 1,
    body,
    channels,
    golden,
  };
}

function parseLayer(reader: Reader, header: Header, index: number): ChainLayer {
  const { body, channels, isInt8, hasSlopes, scale } = header;
  const colours = header.colour === 'luma' ? 1 : 3;
  const isLast = index === body + 1;
  const inputs = index === 0 ? colours : channels;
  const outputs = isLast ? colours * scale ** 2 : channels;
  const bias = reader.halves(outputs);
  const slopes = hasSlopes && !isLast ? reader.halves(outputs) : null;
  const count = 9 * inputs * outputs;
  if (!isInt8) return { inputs, outputs, weights: reader.halves(count), bias, slopes };
  const steps = reader.halves(outputs);
  const levels = reader.bytes(count);
  const weights = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    const level = ((levels[i] as number) << 24) >> 24;
    weights[i] = level * (steps[i % outputs] as number);
  }
  return { inputs, outputs, weights, bias, slopes };
}

function parseGolden(reader: Reader, scale: number): GoldenCase {
  const [height, width] = reader.bytes(2) as unknown as [number, number];
  if (height < 1 || width < 1) throw wrong('a golden vector is empty');
  const pixels = height * width * 3;
  return {
    height,
    width,
    input: reader.bytes(pixels),
    output: reader.bytes(pixels * scale ** 2),
  };
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

  /** IEEE 754 binary16, little-endian. */
  halves(count: number): Float32Array {
    const stored = this.bytes(2 * count);
    const values = new Float32Array(count);
    for (let i = 0; i < count; i++) {
      values[i] = half((stored[2 * i] as number) | ((stored[2 * i + 1] as number) << 8));
    }
    return values;
  }

  requireEnd(): void {
    if (this.#at !== this.#bytes.length) throw wrong('there is more in it than a network');
  }
}

function half(bits: number): number {
  const exponent = (bits >> 10) & 31;
  const mantissa = bits & 1023;
  if (exponent === 31) throw wrong('one of its values is no number');
  const sign = bits & 0x8000 ? -1 : 1;
  if (exponent === 0) return sign * mantissa * 2 ** -24;
  return sign * (1024 + mantissa) * 2 ** (exponent - 25);
}

function wrong(what: string): ModelMismatch {
  return new ModelMismatch(`The model’s ${NETWORK_FILE} cannot be used: ${what}. Export it again.`);
}
