import type { Enlarger } from '../../../core/engine';
import { requireSameBytes } from '../../integer/golden';
import type { IntegerNetwork } from '../../integer/network';
import type { Precision } from '../precision';

/**
 * Start a network with 16-bit features, which have room for every activation, if it gives the very bytes of
 * its checks, and with 32-bit ones elsewhere.
 *
 * @param make - undefined where this precision is not offered.
 * @throws whatever `make` throws with 32 bits.
 */
export async function openExact(
  { golden: checks }: IntegerNetwork,
  make: (precision: Precision) => Promise<Enlarger | undefined>,
): Promise<Enlarger> {
  const half = await make('float16').catch(() => undefined);
  if (half) {
    Object.assign(half, { checks });
    if (await requireSameBytes(half).catch(() => false)) return half;
    half.dispose();
  }
  const whole = await make('float32');
  if (!whole) throw new Error('it cannot compute with floats');
  return Object.assign(whole, { checks });
}
