/**
 * Writes the convolutions of whole numbers as WebAssembly, for the shapes of one network: numbers of
 * bytes are then written into the instructions, and a block of pixels needs no addresses of its own.
 *
 * Activations are 16-bit lanes. `i32x4.dot_i16x8_s` multiplies two inputs by their weights for each of
 * four outputs, and adds both products. Those of 7 bits can be bytes from 0 to 127, each with its range
 * below zero added, which the biases take off again: `i32x4.relaxed_dot_i8x16_i7x16_add_s` then multiplies
 * four inputs. Either way four bytes are a group. The three neighbours in a row lie one behind the other, so
 * that groups go on from one to the next: where the last one is not full, it has weights of zero.
 *
 * Sums of a block stay in registers, of which WebAssembly on x86 has 15: beside them are the weights of
 * a group, its inputs, and a product.
 */
import {
  AGAIN_IF,
  type Code,
  counted,
  END,
  get,
  I32,
  IS_LESS,
  LOOP,
  list,
  load,
  MINUS,
  PLUS,
  programOf,
  set,
  store,
  tee,
  unsigned,
  V128,
} from '../opcodes';

/** Pixels of a block, for blocks of one, two and three vectors of four outputs. */
export const BLOCK_PIXELS = [8, 6, 3] as const;

/** No kernel works on more pixels at once: so far beyond a row's end may be written. */
export const MOST_PIXELS = 8;

/** Groups that a loop does at once. */
const UNROLLED = 4;

export type LayerShape = {
  /** From one pixel to the next. */
  inputBytes_: number;
  outputBytes_: number;
  shift: number;
  /** Whether there are multipliers for sums below zero. */
  bends: boolean;
  /** Whether inputs are bytes, and results. */
  takesBytes: boolean;
  givesBytes: boolean;
};

/** Some outputs of a layer, `vectors` of four. */
export type Part = {
  vectors: number;
  /** Where its numbers begin, behind the layer's first. */
  offset: number;
  /** Its first output, and where that is within a pixel, in bytes. */
  first: number;
  to: number;
};

const VECTOR_BYTES = 16;

/** How many groups of four bytes a row of a kernel has, which is three columns. */
export function groupsOf({ inputBytes_ }: LayerShape): number {
  return Math.ceil((3 * inputBytes_) / 4);
}

/** Vectors of 16-bit lanes that this many of 32-bit lanes become. */
function halfOf(vectors: number): number {
  return Math.ceil(vectors / 2);
}

/**
 * What stands before a part's weights: biases, multipliers, those below zero, least and largest results, and
 * what is added to those that are bytes.
 */
export function headBytes(vectors: number): number {
  return VECTOR_BYTES * (vectors + 5 * halfOf(vectors));
}

/** How many bytes a part's numbers are. */
export function partBytes(shape: LayerShape, vectors: number): number {
  return headBytes(vectors) + VECTOR_BYTES * 3 * groupsOf(shape) * vectors;
}

function pixelsOf({ vectors }: Part): number {
  return BLOCK_PIXELS[vectors - 1] as number;
}

/** A layer's outputs as parts: two vectors are the fastest, with a three where they are odd. */
export function partsOf(shape: LayerShape): Part[] {
  const parts: Part[] = [];
  let offset = 0;
  const vectorBytes = shape.givesBytes ? 4 : 8;
  for (let left = shape.outputBytes_ / vectorBytes; left > 0; ) {
    const vectors = left < 4 ? left : 2;
    const to = shape.outputBytes_ - vectorBytes * left;
    parts.push({ vectors, offset, first: (4 * to) / vectorBytes, to });
    offset += partBytes(shape, vectors);
    left -= vectors;
  }
  return parts;
}

const ADD = [0xfd, 0xae, 1];
const DOT = [0xfd, 0xba, 1];
const DOT_BYTES = [0xfd, 0x93, 2]; // i32x4.relaxed_dot_i8x16_i7x16_add_s
const SHIFT = [0xfd, 0xac, 1];
const NARROW = [0xfd, 0x85, 1];
const TO_BYTES = [0xfd, 0x66]; // i8x16.narrow_i16x8_u
const SCALE = [0xfd, 0x82, 1]; // i16x8.q15mulr_sat_s
const LEAST = [0xfd, 0x96, 1];
const MOST = [0xfd, 0x98, 1];
const ADD_SHORT = [0xfd, 0x8e, 1];
const IS_MORE = 0x4a; // i32.gt_s
const loadSplat = (offset: Code) => [0xfd, 0x09, 0, offset];
const storeHalf = (offset: Code) => [0xfd, 0x5b, 0, offset, 0];
const storeQuarter = (offset: Code) => [0xfd, 0x5a, 0, offset, 0];
/** Signed LEB128, of numbers that are not negative. */
const constant = (value: number): Code => [0x41, signed(value)];

function signed(value: number): number[] {
  return value < 64 ? [value] : [(value & 127) | 128, ...signed(value >> 7)];
}

/**
 * The parameters of a kernel, which computes one row of one layer: `blocks` for each of its parts come
 * from the width. `ROWS` and the two behind it are three rows of the layer's input, from the pixel left of
 * the first; `OUT` is the first pixel of the result.
 */
const ROWS = 0;
const NUMBERS = 3;
const OUT = 4;
const WIDTH = 5;
const PARAMETERS = 6;

// Other locals: how far in the input and in the result, how many pixels are left, where input and weights
// are read, and where the input ends. Vectors: a zero, an input or result, weights, and then sums.
const DONE = 6;
const WROTE = 7;
const LEFT = 8;
const FROM = 9;
const WEIGHT = 10;
const LAST = 11;
const ZERO = 12;
const VALUE = 13;
const WEIGHTS = 14;

/** Whether the browser multiplies bytes. */
export function multipliesBytes(): boolean {
  const shape = { inputBytes_: 4, outputBytes_: 4, shift: 0, bends: false, givesBytes: true };
  return WebAssembly.validate(convolutionProgram([{ ...shape, takesBytes: true }]));
}

/** A program with a kernel for each layer. */
export function convolutionProgram(layers: LayerShape[]): Uint8Array<ArrayBuffer> {
  return programOf(layers.map(kernel), PARAMETERS);
}

function kernel(shape: LayerShape): Code {
  const parts = partsOf(shape);
  const vectors = parts.map((part) => part.vectors * (1 + pixelsOf(part)));
  return [
    list([
      [ZERO - PARAMETERS, I32],
      [2 + Math.max(...vectors), V128],
    ]),
    parts.map((part) => partCode(shape, part)),
    END,
  ];
}

function partCode(shape: LayerShape, part: Part): Code {
  const { inputBytes_, outputBytes_, shift, bends, takesBytes, givesBytes } = shape;
  const { vectors, offset, to } = part;
  const pixels = pixelsOf(part);
  const sum = (p: number, v: number) => WEIGHTS + vectors * (p + 1) + v;
  const P = counted(pixels);
  const V = counted(vectors);
  const H = counted(halfOf(vectors));
  const halfBytes = givesBytes ? 8 : 16;
  const move = (local: number, by: number) => [get(local), constant(by), PLUS, set(local)];
  const numbers = (index: number) => [get(NUMBERS), load(unsigned(offset + VECTOR_BYTES * index))];
  const groups = groupsOf(shape);
  const group = (at: number) => [
    V.map((v) => [
      get(WEIGHT),
      load(unsigned(VECTOR_BYTES * (at * vectors + v))),
      set(WEIGHTS + v),
    ]),
    P.map((p) => [
      [get(FROM), loadSplat(unsigned(p * inputBytes_ + 4 * at)), set(VALUE)],
      V.map((v) => [
        [get(WEIGHTS + v), get(VALUE), takesBytes ? [] : DOT],
        [get(sum(p, v)), takesBytes ? DOT_BYTES : ADD, set(sum(p, v))],
      ]),
    ]),
  ];
  const some = (count: number) => [
    counted(count).map(group),
    move(FROM, 4 * count),
    move(WEIGHT, VECTOR_BYTES * vectors * count),
  ];
  const unrolled = Math.min(groups, UNROLLED);
  const rest = groups % unrolled;
  const row = (index: number) => [
    [get(ROWS + index), get(DONE), PLUS, tee(FROM), constant(4 * (groups - rest)), PLUS, set(LAST)],
    [LOOP, some(unrolled), get(FROM), get(LAST), IS_LESS, AGAIN_IF, END],
    rest ? some(rest) : [],
  ];
  /** Of two vectors of sums one of results; the second may be the first once more. */
  const result = (p: number, h: number) => {
    const [first, second] = [2 * h, Math.min(2 * h + 1, vectors - 1)];
    const whole = (v: number) => [get(sum(p, v)), constant(shift), SHIFT];
    const stored =
      first === second ? (givesBytes ? storeQuarter : storeHalf) : givesBytes ? storeHalf : store;
    const scaled = (kind: number) => [numbers(vectors + kind * H.length + h), SCALE];
    return [
      [get(OUT), get(WROTE), PLUS, whole(first), whole(second), NARROW],
      bends
        ? [
            [tee(VALUE), get(ZERO), MOST, scaled(0)],
            [get(VALUE), get(ZERO), LEAST, scaled(1), ADD_SHORT],
          ]
        : scaled(0),
      [numbers(vectors + 2 * H.length + h), MOST, numbers(vectors + 3 * H.length + h), LEAST],
      givesBytes ? [numbers(vectors + 4 * H.length + h), ADD_SHORT, get(ZERO), TO_BYTES] : [],
      stored(unsigned(to + p * outputBytes_ + halfBytes * h)),
    ];
  };
  return [
    [constant(0), tee(DONE), set(WROTE), get(WIDTH), set(LEFT)],
    LOOP, // over blocks
    P.map((p) => V.map((v) => [numbers(v), set(sum(p, v))])),
    [get(NUMBERS), constant(offset + headBytes(vectors)), PLUS, set(WEIGHT)],
    [0, 1, 2].map(row),
    P.map((p) => H.map((h) => result(p, h))),
    move(DONE, pixels * inputBytes_),
    move(WROTE, pixels * outputBytes_),
    [get(LEFT), constant(pixels), MINUS, tee(LEFT), constant(0), IS_MORE, AGAIN_IF, END],
  ];
}
