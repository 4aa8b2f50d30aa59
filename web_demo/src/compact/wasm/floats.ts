import type { Enlarger } from '../../core/engine';
import type { WasmChain } from './chain';

/** Runs on floats: the exporter's check needs it, pages do not. */
export function floatsOf(chain: WasmChain): Pick<Enlarger, 'run'> {
  const { scale } = chain;
  return {
    run: async (pixels, height, width) => ({
      data: enlargeFloats(chain, pixels, height, width),
      height: height * scale,
      width: width * scale,
      channels: 3,
    }),
  };
}

/** RGB floats in and out, clamped to [0, 1]. */
export function enlargeFloats(
  chain: WasmChain,
  pixels: Float32Array,
  height: number,
  width: number,
): Float32Array {
  const { scale, arena_: arena, vectors_: vectors } = chain;
  const result = new Float32Array(pixels.length * scale ** 2);
  chain.run(height, width, false, {
    read: (y, _, native, blue, red) => {
      const row = pixels.subarray(3 * width * y, 3 * width * (y + 1));
      if (chain.isLuma_) readFloats(chain, row, native, blue, red);
      else arena.floats_.set(row, native / 4);
    },
    write: (y, { mixed_: mixed }) => {
      const values = arena.floats_.subarray(mixed / 4, mixed / 4 + width * vectors * 12);
      shuffleFloats(values, result.subarray(3 * width * y * scale ** 2), width, scale);
    },
  });
  return result;
}

function readFloats(
  { arena_: arena }: WasmChain,
  row: Float32Array,
  lumaAt: number,
  blueAt: number,
  redAt: number,
): void {
  const width = row.length / 3;
  const [luma, blue, red] = [lumaAt, blueAt, redAt].map((at) =>
    arena.floats_.subarray(at / 4, at / 4 + width),
  ) as [Float32Array, Float32Array, Float32Array];
  for (let x = 0; x < width; x++) {
    const [r = 0, g = 0, b = 0] = row.subarray(3 * x, 3 * x + 3);
    const y = 0.299 * r + 0.587 * g + 0.114 * b;
    luma[x] = y;
    blue[x] = (b - y) / 1.772;
    red[x] = (r - y) / 1.402;
  }
}

/** Put the sub-pixels of a row, in vectors of red, green and blue, where they belong. */
function shuffleFloats(from: Float32Array, to: Float32Array, width: number, scale: number): void {
  const pixel = from.length / width;
  for (let x = 0; x < width; x++) {
    for (let sub = 0; sub < scale ** 2; sub++) {
      const at = x * pixel + (sub >> 2) * 12 + (sub & 3);
      const row = Math.floor(sub / scale);
      const result = 3 * ((row * width + x) * scale + (sub % scale));
      for (let colour = 0; colour < 3; colour++) {
        to[result + colour] = from[at + 4 * colour] as number;
      }
    }
  }
}
