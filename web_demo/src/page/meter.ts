import type { Account } from './state';
import { bytesInWords } from './words';

/** After how many photos like this the download has paid for itself. Infinite: never. */
export function breakEven({ full, half, runtime, model }: Account): number {
  return full > half ? Math.ceil((runtime + model) / (full - half)) : Number.POSITIVE_INFINITY;
}

export function accountInWords(account: Account): string {
  const { full, half } = account;
  const photos = breakEven(account);
  if (!Number.isFinite(photos)) {
    return 'This photo is not smaller at half size, so there is nothing to save.';
  }
  const saved = Math.round(100 * (1 - half / full));
  const count =
    photos === 1 ? 'the first photo' : `${photos.toLocaleString('en')} photos like this`;
  return `Each photo saves ${bytesInWords(full - half)} (${saved} %). The download pays for itself after ${count}.`;
}
