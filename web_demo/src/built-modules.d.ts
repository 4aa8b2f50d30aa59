/** Modules that the build writes. */

/**
 * The program that a file of assembly/ becomes, one character for each of its `size` bytes; XOR with
 * `swap` gives the byte.
 */
declare module 'kernels:*' {
  export const program: string;
  export const swap: number;
  export const size: number;
}

/** The kernels of one TF.js backend: scripts/tfjs-kernels.mjs has the list. */
declare module 'tfjs-kernels:*' {
  export const KERNELS: readonly unknown[];
}
/** esbuild's base64 loader turns a WebAssembly file into text. */
declare module '*.wasm' {
  const base64: string;
  export default base64;
}
