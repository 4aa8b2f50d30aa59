import { convolutionProgram, type LayerShape } from './convolution';

/** What assembly/integer-rows.ts is compiled to. Addresses, numbers of bytes, and counts. */
export type RowKernels = {
  memory: WebAssembly.Memory;
  readRow(
    from: number,
    native: number,
    blockBytes: number,
    planes: number,
    planeBytes: number,
    blocks: number,
    down: number,
    isLuma: boolean,
  ): void;
  weigh(
    a: number,
    b: number,
    c: number,
    d: number,
    taps: number,
    out: number,
    vectors: number,
    half: number,
    shift: number,
  ): void;
  finishRow(
    planes: number,
    planesBytes: number,
    colourBytes: number,
    native: number,
    nativeBytes: number,
    wide: number,
    wideBytes: number,
    out: number,
    outStep: number,
    blocks: number,
  ): void;
};

/** What ./convolution writes; it says what the parameters are. */
export type Convolve = (
  above: number,
  own: number,
  below: number,
  numbers: number,
  out: number,
  width: number,
) => void;

/** A running program with a memory of its own; a convolution for each layer. */
export type Program = { kernels_: RowKernels; convolutions_: Convolve[] };

/** Starts an instance of a compiled program for layers of these shapes. */
export type StartProgram = (shapes: LayerShape[]) => Promise<Program>;

/**
 * Compile what every network needs.
 *
 * @param rows what assembly/integer-rows.ts is compiled to.
 * @throws Error where there is no SIMD.
 */
export async function compileProgram(rows: Uint8Array<ArrayBuffer>): Promise<StartProgram> {
  if (!WebAssembly.validate(rows)) throw new Error('it has no SIMD');
  const compiled = await WebAssembly.compile(rows);
  return async (shapes) => {
    const kernels = (await WebAssembly.instantiate(compiled)).exports as unknown as RowKernels;
    // Layers of one shape share a kernel.
    const texts = shapes.map((shape) => JSON.stringify(shape));
    const distinct = [...new Set(texts)];
    const written = convolutionProgram(distinct.map((text) => JSON.parse(text)));
    const shared = { m: { m: kernels.memory } };
    const { exports } = (await WebAssembly.instantiate(written, shared)).instance;
    const all = Object.values(exports) as Convolve[];
    return {
      kernels_: kernels,
      convolutions_: texts.map((text) => all[distinct.indexOf(text)] as Convolve),
    };
  };
}
