/** What assembly/ is compiled to. Everything but counts and `asBytes` is an address. */
export type Kernels = {
  memory: WebAssembly.Memory;
  readLuma(from: number, luma: number, blue: number, red: number, width: number): void;
  readRgb(from: number, to: number, width: number): void;
  enlargeDown(rows: number, taps: number, out: number, width: number, vectors: number): void;
  finishLuma(
    planes: number,
    luma: number,
    blue: number,
    red: number,
    taps: number,
    out: number,
    width: number,
    vectors: number,
    asBytes: number,
  ): void;
  finishRgb(
    planes: number,
    native: number,
    out: number,
    width: number,
    vectors: number,
    asBytes: number,
  ): void;
  shuffle(from: number, to: number, width: number, scale: number, vectors: number): void;
  convolve1: Convolve;
  convolve2: Convolve;
  convolve3: Convolve;
};

export type Convolve = (
  above: number,
  middle: number,
  below: number,
  inputBytes: number,
  weights: number,
  bias: number,
  out: number,
  outputBytes: number,
  blocks: number,
) => void;

/** A compiled program, and how many pixels each of its convolutions works on at once. */
export type Program = { kernels: Kernels; blockPixels: readonly number[] };

/** No kernel works on more pixels at once: so far beyond a row's end may be written. */
export const MOST_PIXELS = 8;
