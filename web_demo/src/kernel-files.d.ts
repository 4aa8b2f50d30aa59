/**
 * The build puts the program that assembly/rows.ts becomes in this place, a character for each of its
 * `size` bytes, of which `swap` changes some bits.
 */
declare module 'kernels:rows' {
  export const program: string;
  export const swap: number;
  export const size: number;
}
