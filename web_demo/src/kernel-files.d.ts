/** What the build compiles assembly/ to: a program, and the pixels of its blocks. */
declare module 'kernels:*' {
  export const program: string;
  export const blockPixels: readonly number[];
}
