import type { Enlarger } from '../../core/engine';
import { goldenError } from '../../core/golden';
import type { ChainNetwork } from '../network';

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
  const { golden } = network;
  const half = await make('float16').catch(() => undefined);
  const isGood = half && (await goldenError(half, golden).catch(() => Number.NaN)) <= 1;
  if (isGood) return Object.assign(half, { golden });
  half?.dispose();
  const whole = await make('float32');
  if (whole) return Object.assign(whole, { golden });
  throw new Error(
    half ? '16-bit floats are too coarse for this model' : 'it cannot compute with floats',
  );
}
