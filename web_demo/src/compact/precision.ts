import type { Enlarger } from '../engine';
import type { ChainNetwork } from './network';

/** What a GPU keeps features as, from layer to layer. Sums are of 32 bits always. */
export type Precision = 'float16' | 'float32';

/**
 * Start a network with 16-bit features if its golden vectors stay the same to a step of a byte, and
 * with 32-bit ones elsewhere: half as many bytes to move, where that does no harm.
 *
 * @param make - undefined where this precision is not offered.
 * @throws whatever `make` throws with 32 bits.
 */
export async function openAccurate(
  network: ChainNetwork,
  make: (precision: Precision) => Promise<Enlarger | undefined>,
): Promise<Enlarger> {
  const half = await make('float16').catch(() => undefined);
  if (half && (await agrees(half, network).catch(() => false))) return half;
  half?.dispose();
  const whole = await make('float32');
  if (whole) return whole;
  throw new Error(half ? '16-bit floats are too coarse for this model' : 'it computes no floats');
}

async function agrees(enlarger: Enlarger, { golden }: ChainNetwork): Promise<boolean> {
  for (const { height, width, input, output } of golden) {
    const pixels = new Uint8ClampedArray(height * width * 4);
    for (const [at, byte] of input.entries()) pixels[inRgba(at)] = byte;
    const got = await enlarger.runBytes(pixels, height, width);
    const differs = output.some((byte, at) => Math.abs((got[inRgba(at)] ?? Number.NaN) - byte) > 1);
    if (differs) return false;
  }
  return true;
}

/** Where a value of RGB is in RGBA. */
function inRgba(index: number): number {
  return index + Math.floor(index / 3);
}
