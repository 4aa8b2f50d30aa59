/** What all versions of `model.halfsize` share: see docs/reference/format.md. */
import { NETWORK_FILE } from '../core/card';
import { ModelMismatch } from '../core/errors';
import type { Scale } from '../core/scale';

/** "HSZ" and a byte that text does not contain: a file transferred as text is damaged here. */
const MAGIC = [0x48, 0x53, 0x5a, 0x1a];

const MOST_BODY = 256;
const MOST_CHANNELS = 1024;
const MOST_GOLDEN = 16;

/** Far more than any student has: what is larger is not unpacked. */
const MOST_WEIGHTS = 16_000_000;

/** The sizes of a network, but for its scale's `down`: each version has that in its own way. */
export type Sizes = {
  up: number;
  colours: number;
  hasSlopes_: boolean;
  golden: number;
  body: number;
  channels: number;
};

/** The version of the format. */
export function readVersion(reader: Reader): number {
  for (const byte of MAGIC)
    if (reader.bytes_(1)[0] !== byte) throw wrong('it is not a halfsize model');
  return reader.number_(1, 255);
}

export function readSizes(reader: Reader): Sizes {
  // In the order of the file: each number that is read is the next one.
  return {
    up: reader.number_(2, 4),
    colours: reader.number_(0, 1) === 0 ? 1 : 3,
    hasSlopes_: reader.number_(0, 1) === 1,
    golden: reader.number_(1, MOST_GOLDEN),
    body: reader.number_(0, MOST_BODY, 2),
    channels: reader.number_(1, MOST_CHANNELS, 2),
  };
}

/** The ratio of a network whose sizes are no larger than any student's. */
export function readScale({ up, body, channels }: Sizes, down: number): Scale {
  if (down > 1 && down < up - 1) throw wrong(`it enlarges by ${up}/${down}`);
  if (body * 9 * channels ** 2 > MOST_WEIGHTS) throw wrong('it has too many weights');
  return { up, down };
}

/** How many inputs and outputs a layer has. */
export function widthsOf({ body, channels, colours }: Sizes, { up, down }: Scale, index: number) {
  return {
    inputs: index === 0 ? colours * down ** 2 : channels,
    outputs: index === body + 1 ? colours * up ** 2 : channels,
  };
}

/**
 * Exchange two axes of `[3, first, second, ...]`. A first layer's kernel rows and columns are blocks and
 * pixels of a block: as a file has them (`down`, 3), and as a network has them (3, `down`).
 */
export function swapped<T extends Float32Array | Int8Array>(
  values: T,
  first: number,
  second: number,
): T {
  const result = values.slice() as T;
  const count = values.length / (3 * first * second);
  for (let to = 0; to < 3 * first * second; to++) {
    const at = to % (first * second);
    const from = to - at + (at % first) * second + Math.floor(at / first);
    result.set(values.subarray(from * count, (from + 1) * count), to * count);
  }
  return result;
}

export function counted<T>(length: number, make: (index: number) => T): T[] {
  return Array.from({ length }, (_, index) => make(index));
}

/** Goes through the bytes and never past their end. */
export class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  bytes_(count: number): Uint8Array {
    const end = this.#at + count;
    if (end > this.#bytes.length) throw wrong('it is cut off');
    const part = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return part;
  }

  /** A whole number of some bytes, the least significant first, that must be in this range. */
  number_(least: number, most: number, size = 1): number {
    const value = this.bytes_(size).reduceRight((sum, byte) => 256 * sum + byte, 0);
    if (value < least || value > most) {
      const at = this.#at - size;
      throw wrong(`the number at byte ${at} is ${value}, it must be from ${least} to ${most}`);
    }
    return value;
  }

  requireEnd_(): void {
    if (this.#at !== this.#bytes.length) throw wrong('it is too long');
  }
}

export function wrong(what: string, remedy = 'Export it again'): ModelMismatch {
  return new ModelMismatch(`The model’s ${NETWORK_FILE} cannot be used: ${what}. ${remedy}.`);
}
