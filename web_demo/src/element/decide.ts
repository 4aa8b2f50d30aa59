/** Why an element left its img alone. */
export type SkipReason =
  /** The reader prefers to save data. */
  | 'save-data'
  /** The device reports little memory. */
  | 'low-memory'
  /** The image moves. */
  | 'animated'
  /** Shown no larger than the file: more pixels would not be visible. */
  | 'shown-small'
  /** No backend runs the model here. */
  | 'no-backend'
  /** Measured slower than 400 ms per megapixel. */
  | 'slow';

/** What is known of a device before anything is downloaded. */
export type Device = {
  /** Network Information API, or `prefers-reduced-data`. */
  saveData: boolean;
  /** Gigabytes as the browser rounds them; undefined where it does not report it. */
  deviceMemory: number | undefined;
};

export const SLOWEST_MS_PER_MEGAPIXEL = 400;

const LEAST_MEMORY_GB = 2;

/** A smaller enlargement than this is not worth the work. */
const LEAST_GAIN = 1.1;

export function deviceSkips({ saveData, deviceMemory }: Device): SkipReason | undefined {
  if (saveData) return 'save-data';
  if (deviceMemory !== undefined && deviceMemory < LEAST_MEMORY_GB) return 'low-memory';
  return undefined;
}

/**
 * Whether an image has about as many pixels as are shown.
 *
 * @param natural width of the image file, in pixels.
 * @param shown width on the page, in CSS pixels.
 */
export function isShownSmall(natural: number, shown: number, pixelRatio: number): boolean {
  return shown * pixelRatio < natural * LEAST_GAIN;
}

export function speedSkips(backend: string, msPerMegapixel: number): SkipReason | undefined {
  if (backend === 'none') return 'no-backend';
  return msPerMegapixel > SLOWEST_MS_PER_MEGAPIXEL ? 'slow' : undefined;
}

export function readDevice(): Device {
  const { connection, deviceMemory } = navigator as Navigator & {
    connection?: { saveData?: boolean };
    deviceMemory?: number;
  };
  const reduced = matchMedia('(prefers-reduced-data: reduce)').matches;
  return { saveData: connection?.saveData === true || reduced, deviceMemory };
}
