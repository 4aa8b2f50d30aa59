import type { Enlarger } from '../../core/engine';
import { enlarged } from '../../core/scale';
import type { WasmChain } from './chain';

/** Runs on floats: the exporter's check needs it, pages do not. */
export function floatsOf(chain: WasmChain): Pick<Enlarger, 'run'> {
  const { scale } = chain;
  return {
    run: async (pixels, height, width) => ({
      data: enlargeFloats(chain, pixels, height, width),
      height: enlarged(height, scale),
      width: enlarged(width, scale),
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
  const { arena_: arena, scale } = chain;
  const { up, down } = scale;
  const resultFloats = (3 * width * up ** 2) / down;
  const result = new Float32Array((resultFloats * height) / down);
  chain.run(height, width, false, {
    read: (y, native, to) => {
      readFloats(chain, pixels.subarray(3 * width * y, 3 * width * (y + 1)), native, to);
    },
    write: (y, { result_: from }) => {
      const values = arena.floats_.subarray(from / 4);
      for (let i = 0; i < resultFloats; i++) {
        const value = values[i + Math.floor(i / 3)] as number;
        result[y * resultFloats + i] = Math.min(Math.max(value, 0), 1);
      }
    },
  });
  return result;
}

/** What the kernel `readRow` does with bytes. */
function readFloats(
  { arena_: { floats_: floats }, isLuma_: isLuma, scale, nativeBytes_: nativeBytes }: WasmChain,
  row: Float32Array,
  native: number,
  to: number,
): void {
  const { down } = scale;
  for (let x = 0; x < row.length / 3; x++) {
    const rgb = row.subarray(3 * x, 3 * x + 3);
    const [r = 0, g = 0, b = 0] = rgb;
    const own = isLuma ? [0.299 * r + 0.587 * g + 0.114 * b] : rgb;
    const block = native + Math.floor(x / down) * nativeBytes;
    floats.set(own, block / 4 + (x % down) * own.length);
    // Of whole scales, bicubic is for chroma alone.
    const colours = down > 1 ? rgb : rgb.map((value, c) => value - (own[isLuma ? 0 : c] as number));
    floats.set(colours, to / 4 + 4 * x);
  }
}
