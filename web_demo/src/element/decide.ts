/** Why an element left its img alone. */
export type SkipReason =
  /** The reader prefers to save data. */
  | 'save-data'
  /** The device reports little memory. */
  | 'low-memory'
  /** The image moves. */
  | 'animated'
  /** A drawing (SVG), which is sharp at any size. */
  | 'vector'
  /** A candidate with all pixels of the photo. */
  | 'full-size'
  /** Shown no larger than the file: more pixels would not be visible. */
  | 'shown-small'
  /** No backend runs the model here. */
  | 'no-backend'
  /** With `image-orientation: none`, and an EXIF block that may turn it. */
  | 'turned'
  /** The browser does not give pages the true pixels of a picture. */
  | 'no-readback'
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
  if (deviceMemory !== undefined && deviceMemory < LEAST_MEMORY_GB) return 'low-memory';
  return saveData ? 'save-data' : undefined;
}

export type Size = { width: number; height: number };

/** The photo of which an img shows a file: its size as the markup has it, NaN where that does not say it. */
export type Photo = Size & {
  /** The size of the file in its own pixels. */
  file: Size;
  /** The width again if a `w` descriptor names it, which is exact; otherwise NaN. */
  exact: number;
};

/** Whether a file has about as many pixels as its descriptor says: all of the photo. */
export function isFullSize({ file, exact }: Photo): boolean {
  return exact / file.width < LEAST_GAIN;
}

/**
 * The size to which CSS scales a picture in its content box. What `cover` cuts off counts.
 *
 * @param natural the picture's natural size; like `box` in CSS pixels.
 * @param fit the computed `object-fit`.
 */
export function drawnSize(box: Size, natural: Size, fit: string): Size {
  const across = box.width / natural.width;
  const down = box.height / natural.height;
  const scales: Record<string, number> = {
    contain: Math.min(across, down),
    cover: Math.max(across, down),
    none: 1,
    'scale-down': Math.min(1, across, down),
  };
  const { [fit]: scale } = scales;
  return scale === undefined
    ? box
    : { width: natural.width * scale, height: natural.height * scale };
}

/**
 * Whether a file has about as many pixels as are drawn, in both directions.
 *
 * @param file size of the file in its own pixels.
 * @param drawn size in pixels of the screen.
 */
export function isShownSmall(file: Size, drawn: Size): boolean {
  return Math.max(drawn.width / file.width, drawn.height / file.height) < LEAST_GAIN;
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

/** Whether a reason holds as long as the file does, however it is shown. */
export function isForGood(reason: SkipReason | undefined): boolean {
  return reason === 'animated' || reason === 'vector' || reason === 'no-readback';
}
