import type { Enlarger } from '../../core/engine';
import { goldenBytes } from '../../core/golden';

/**
 * Require that an engine gives the very bytes of its model's checks: drivers have bugs.
 *
 * @returns true: every model in whole numbers can be checked.
 * @throws Error, so that the engine is refused.
 */
export async function requireSameBytes(model: Enlarger): Promise<boolean> {
  for (const checked of model.checks ?? []) {
    if (crc32(await goldenBytes(model, checked)) !== checked.crc) {
      throw new Error('it computes wrongly');
    }
  }
  return true;
}

/** CRC-32, that of zip and PNG. */
export function crc32(bytes: Iterable<number>): number {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 && 0xedb88320);
  }
  return ~crc >>> 0;
}
