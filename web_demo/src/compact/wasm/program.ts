import { BLOCK_PIXELS, convolutionProgram } from './convolution';

/** What assembly/rows.ts is compiled to. Addresses, numbers of bytes, and counts. */
export type RowKernels = {
  memory: WebAssembly.Memory;
  readRow(
    from: number,
    to: number,
    native: number,
    width: number,
    down: number,
    blockBytes: number,
    isLuma: boolean,
  ): void;
  weigh(
    a: number,
    b: number,
    c: number,
    d: number,
    weights: number,
    out: number,
    count: number,
    step: number,
    outStep: number,
  ): void;
  finishRow(
    planes: number,
    planesBytes: number,
    colourBytes: number,
    native: number,
    nativeBytes: number,
    pixels: number,
    out: number,
    blocks: number,
    up: number,
    asBytes: boolean,
  ): void;
};

/** What ./convolution writes; it says what the parameters are. */
export type Convolve = (
  rows: number,
  inputBytes_: number,
  weights: number,
  bias: number,
  out: number,
  outputBytes_: number,
  blocks: number,
) => void;

/** A running program with a memory of its own; convolutions by the number of their vectors. */
export type Program = {
  kernels_: RowKernels;
  convolutions_: Record<number, Convolve>;
  /** How many pixels each convolution works on at once. */
  blockPixels_: readonly number[];
};

/** Starts an instance of a compiled program. */
export type StartProgram = () => Promise<Program>;

/**
 * Compile the program with fused multiply-add where there is relaxed SIMD, else the plain one.
 *
 * @param rows what assembly/rows.ts is compiled to.
 * @throws Error where there is no SIMD at all.
 */
export async function compileProgram(
  rows: Uint8Array<ArrayBuffer>,
  variants: readonly ('relaxed' | 'plain')[] = ['relaxed', 'plain'],
): Promise<StartProgram> {
  for (const variant of variants) {
    const written = convolutionProgram(variant);
    if (!WebAssembly.validate(written)) continue;
    const [first, second] = [await WebAssembly.compile(rows), await WebAssembly.compile(written)];
    return async () => {
      const kernels = (await WebAssembly.instantiate(first)).exports as unknown as RowKernels;
      const shared = { m: { m: kernels.memory } };
      const convolutions = (await WebAssembly.instantiate(second, shared)).exports;
      return {
        kernels_: kernels,
        convolutions_: convolutions as unknown as Record<number, Convolve>,
        blockPixels_: BLOCK_PIXELS[variant],
      };
    };
  }
  throw new Error('it has no SIMD');
}
