/**
 * Writes the convolution kernels as WebAssembly: sent as programs, one with fused multiply-add and
 * one without, they are twice as many bytes as what writes them.
 *
 * Each works on a block of `pixels` side by side and `vectors` of four outputs: all sums of a block
 * stay in registers, which is what decides the speed. WebAssembly on x86 has 15 registers. With fused
 * multiply-add 6 x 2 sums need 12, and 3 for two weights and one value; without it one is lost to the
 * product. docs/decisions/0020 has the figures.
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
  V128,
} from './opcodes';

/** Pixels of a block, for blocks of one, two and three vectors. */
export const BLOCK_PIXELS = { plain: [8, 4, 3], relaxed: [8, 6, 3] } as const;

/** No kernel works on more pixels at once: so far beyond a row's end may be written. */
export const MOST_PIXELS = 8;

/**
 * The parameters of a kernel, which computes one row of one layer: `blocks` blocks.
 *
 * At `ROWS` are the addresses of three rows of the layer's input, from the pixel left of the first;
 * `INPUT_BYTES` and `OUTPUT_BYTES` are from one pixel to the next. `WEIGHTS` are in the order in which
 * they are used: kernel row, kernel column and input, all outputs of the layer; where a kernel computes
 * some of them, they are of its first. `BIAS` is followed by the slopes.
 */
const ROWS = 0;
const INPUT_BYTES = 1;
const WEIGHTS = 2;
const BIAS = 3;
const OUT = 4;
const OUTPUT_BYTES = 5;
const BLOCKS = 6;
const PARAMETERS = 7;

// More instructions, by the names of the WebAssembly specification.
const TIMES = 0x6c;
const constant = (value: number) => [0x41, value]; // less than 64: longer ones have more bytes
const LOAD_ADDRESS = [0x28, 2, 0];
const LOAD_SPLAT = [0xfd, 0x09, 0, 0];
const ADD = [0xfd, 0xe4, 1];
const MULTIPLY = [0xfd, 0xe6, 1];
const LEAST = [0xfd, 0xe8, 1];
const MOST = [0xfd, 0xe9, 1];
const FUSED = [0xfd, 0x85, 2]; // f32x4.relaxed_madd

/** A program of three kernels, exported as 1, 2 and 3: the number of their vectors. */
export function convolutionProgram(variant: 'plain' | 'relaxed'): Uint8Array<ArrayBuffer> {
  const kernels = BLOCK_PIXELS[variant].map((pixels, index) =>
    kernel(pixels, index + 1, variant === 'relaxed'),
  );
  return programOf(kernels, PARAMETERS);
}

function kernel(pixels: number, vectors: number, fused: boolean): Code {
  const weight = PARAMETERS;
  const row = weight + 1;
  const end = row + 1;
  const done = end + 1;
  const from = done + 1;
  const zero = from + pixels;
  const value = zero + 1;
  const weightOf = value + 1;
  const sum = (p: number, v: number) => weightOf + vectors * (p + 1) + v;
  const P = counted(pixels);
  const V = counted(vectors);
  const move = (local: number, by: Code) => [get(local), by, PLUS, set(local)];
  const multiplyAdd = (p: number, v: number) =>
    fused
      ? [get(value), get(weightOf + v), get(sum(p, v)), FUSED, set(sum(p, v))]
      : [get(sum(p, v)), get(value), get(weightOf + v), MULTIPLY, ADD, set(sum(p, v))];
  // PReLU: what is below zero is multiplied by its slope.
  const activated = (p: number, v: number) => [
    [get(sum(p, v)), get(zero), MOST],
    [get(sum(p, v)), get(zero), LEAST, get(BIAS), load(16 * (vectors + v)), MULTIPLY, ADD],
  ];
  return [
    list([
      [4 + pixels, I32],
      [2 + vectors * (pixels + 1), V128],
    ]),
    LOOP, // over blocks
    P.map((p) => V.map((v) => [get(BIAS), load(16 * v), set(sum(p, v))])),
    [get(WEIGHTS), set(weight), get(ROWS), set(row)],
    LOOP, // over kernel rows
    [get(row), LOAD_ADDRESS, get(done), PLUS, tee(from)],
    [get(INPUT_BYTES), constant(3), TIMES, PLUS, set(end)],
    P.slice(1).map((p) => [get(from + p - 1), get(INPUT_BYTES), PLUS, set(from + p)]),
    LOOP, // over columns and inputs: three neighbours lie one behind the other
    V.map((v) => [get(weight), load(16 * v), set(weightOf + v)]),
    P.map((p) => [
      [get(from + p), LOAD_SPLAT, set(value)],
      V.map((v) => multiplyAdd(p, v)),
      move(from + p, constant(4)),
    ]),
    move(weight, get(OUTPUT_BYTES)),
    [get(from), get(end), IS_LESS, AGAIN_IF, END],
    [move(row, constant(4)), get(row), get(ROWS), MINUS, constant(12), IS_LESS, AGAIN_IF, END],
    P.map((p) => [
      V.map((v) => [get(OUT), activated(p, v), store(16 * v)]),
      move(OUT, get(OUTPUT_BYTES)),
    ]),
    move(done, [get(INPUT_BYTES), constant(pixels), TIMES]),
    [get(BLOCKS), constant(1), MINUS, tee(BLOCKS), AGAIN_IF, END],
    END,
  ];
}
