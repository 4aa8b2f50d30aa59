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
  const { scale, arena_: arena, vectors_: vectors, isLuma_: isLuma } = chain;
  const { up, down } = scale;
  const resultFloats = (3 * width * up ** 2) / down;
  const result = new Float32Array((resultFloats * height) / down);
  chain.run(height, width, false, {
    read: (y, _, native, blue, red) => {
      const row = pixels.subarray(3 * width * y, 3 * width * (y + 1));
      if (down > 1) readBlocks(chain, row, native, blue);
      else if (isLuma) readFloats(chain, row, native, blue, red);
      else arena.floats_.set(row, native / 4);
    },
    write: (y, { mixed_: mixed, resultRow_: inOrder }) => {
      const to = result.subarray(y * resultFloats, (y + 1) * resultFloats);
      if (down === 1) {
        const values = arena.floats_.subarray(mixed / 4, mixed / 4 + width * vectors * 12);
        shuffleFloats(values, to, width, up);
      } else {
        const values = arena.floats_.subarray(inOrder / 4);
        for (let i = 0; i < to.length; i++) to[i] = values[i + Math.floor(i / 3)] as number;
      }
    },
  });
  return result;
}

/** A row of pixels as kernels have it: for bicubic, and in the blocks of the first layer. */
function readBlocks(
  { arena_: arena, isLuma_: isLuma, scale, nativeBytes_: nativeBytes }: WasmChain,
  row: Float32Array,
  nativeAt: number,
  pixelsAt: number,
): void {
  const { down } = scale;
  for (let x = 0; x < row.length / 3; x++) {
    const rgb = row.subarray(3 * x, 3 * x + 3);
    arena.floats_.set(rgb, pixelsAt / 4 + 4 * x);
    const own = isLuma ? [lumaOf(rgb)] : rgb;
    const block = nativeAt + Math.floor(x / down) * nativeBytes;
    arena.floats_.set(own, block / 4 + (x % down) * own.length);
  }
}

function lumaOf([r = 0, g = 0, b = 0]: Float32Array): number {
  return 0.299 * r + 0.587 * g + 0.114 * b;
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
    const rgb = row.subarray(3 * x, 3 * x + 3);
    const [r = 0, , b = 0] = rgb;
    const y = lumaOf(rgb);
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
