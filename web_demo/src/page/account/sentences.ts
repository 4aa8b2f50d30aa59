import type { Scale } from '../../core/scale';
import { bytesInWords } from '../words';

/** What one photo and the means to enlarge it cost a reader, in bytes. */
export type Account = {
  /** The smallest file at full size, and the smallest of those that are enlarged. */
  full: number | undefined;
  small: number | undefined;
  /** Such as `two thirds as WebP`. */
  how: string;
  /** Library, engine and model, gzipped: downloaded once. */
  once: number;
};

const NAMES: Record<string, string> = {
  '1/1': 'full size',
  '2/1': 'half size',
  '3/2': 'two thirds',
  '4/3': 'three quarters',
  '3/1': 'a third',
  '4/1': 'a quarter',
};

/** How large a photo is sent, in words. */
export function formInWords({ up, down }: Scale): string {
  return NAMES[`${up}/${down}`] ?? `${down} of ${up}`;
}

/** After how many photos like this the download has paid for itself. Infinite: never. */
export function breakEven({ full, small, once }: Account): number {
  if (full === undefined || small === undefined || small >= full) return Number.POSITIVE_INFINITY;
  return Math.ceil(once / (full - small));
}

export function accountInWords(account: Account): string {
  const { full, small, how } = account;
  if (small === undefined) {
    return 'No smaller picture looks this good, so there is nothing to save. Send this photo at full size.';
  }
  if (full === undefined) return 'No file at full size looks this good: nothing can be compared.';
  if (small >= full) {
    return 'Nothing is saved: at this quality the file at full size is the smallest. Send this photo as it is.';
  }
  const photos = breakEven(account);
  const saved = ((100 * (full - small)) / full).toFixed(full - small < full / 10 ? 1 : 0);
  const count =
    photos === 1 ? 'the first photo' : `${photos.toLocaleString('en')} photos like this`;
  return `Sent at ${how}, this photo saves ${bytesInWords(full - small)} (${saved} %) and looks as good. The download pays for itself after ${count}.`;
}
