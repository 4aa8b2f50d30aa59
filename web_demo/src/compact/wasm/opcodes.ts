/** What both writers of WebAssembly share: instructions, and how bytes become a program. */

/** Nested, to be flattened: bytes of a program. */
export type Code = number | readonly Code[];

export const I32 = 0x7f;
export const V128 = 0x7b;

// Instructions, by the names of the WebAssembly specification.
export const LOOP = [0x03, 0x40];
export const AGAIN_IF = [0x0d, 0]; // br_if: back to the innermost loop's start
export const END = 0x0b;
export const IS_LESS = 0x49;
export const PLUS = 0x6a;
export const MINUS = 0x6b;
export const get = (local: number) => [0x20, local];
export const set = (local: number) => [0x21, local];
export const tee = (local: number) => [0x22, local];
// Offsets of less than 128; longer ones are `unsigned`.
export const load = (offset: Code) => [0xfd, 0x00, 0, offset];
export const store = (offset: Code) => [0xfd, 0x0b, 0, offset];

/**
 * A program of kernels, exported as 1, 2, 3 and so on. They have the same number of parameters, all of
 * them i32, and give nothing; the memory is `m` of the module `m`.
 */
export function programOf(kernels: Code[], parameters: number): Uint8Array<ArrayBuffer> {
  const program: Code = [
    [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0], // "\0asm" and the version
    section(1, [[0x60, list(Array(parameters).fill(I32)), 0]]),
    section(2, [[1, 0x6d, 1, 0x6d, 2, 0, 0]]),
    section(
      3,
      kernels.map(() => 0),
    ),
    section(
      7,
      kernels.map((_, index) => [1, 0x31 + index, 0, index]),
    ),
    section(10, kernels.map(withSize)),
  ];
  return Uint8Array.from(flat(program));
}

function section(id: number, items: Code[]): Code {
  return [id, withSize(list(items))];
}

/** Of less than 128 items. */
export function list(items: Code[]): Code {
  return [items.length, items];
}

function withSize(code: Code): Code {
  const bytes = flat(code);
  return [unsigned(bytes.length), bytes];
}

/** LEB128: seven bits to a byte. */
export function unsigned(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >> 7)];
}

function flat(code: Code): number[] {
  return [code].flat(Number.POSITIVE_INFINITY as 1) as number[];
}

/** The whole numbers from 0 up to `length`. */
export function counted(length: number): number[] {
  return [...Array(length).keys()];
}
