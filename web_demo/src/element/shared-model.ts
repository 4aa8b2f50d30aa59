import type * as api from '../library/entries/api';
import type { Halfsize, LoadOptions } from '../library/halfsize';
import { speedSkips } from './decide';

/** What an element needs from the library, which is downloaded when the first picture comes near. */
export type Library = Pick<typeof api, 'Halfsize' | 'ModelMismatch' | 'isBackendName'>;

/** Loads the library; `base` is its folder if it is not the one of the element's script. */
export type LibraryLoader = (base?: string | URL) => Promise<Library>;

let loadLibrary: LibraryLoader = () => Promise.reject(new Error('no library was set'));

/** Set how elements load the library: a script does it differently from a module. */
export function useLibrary(load: LibraryLoader): void {
  loadLibrary = load;
}

/** After a failure, so long nobody asks for the model again. */
const FAILED_FOR_MS = 30_000;

type Loading = { model: Promise<Halfsize>; failed?: number };

const models = new Map<string, Loading>();

/**
 * One model for all elements that name it: one download, one worker; and where it fails, one failure.
 *
 * @param backend the name of a backend; anything else means `auto`.
 */
export function sharedModel(
  address: string,
  backend: string,
  base?: string | URL,
): Promise<Halfsize> {
  const key = JSON.stringify([address, backend, base]);
  let loading = models.get(key);
  if (!loading || Date.now() - (loading.failed ?? Date.now()) > FAILED_FOR_MS) {
    const started: Loading = { model: load(address, backend, base) };
    loading = started;
    models.set(key, started);
    started.model.catch(() => {
      started.failed = Date.now();
    });
  }
  return loading.model;
}

/** Try the models that failed again: the reader is online again, say. */
export function forgetFailures(): void {
  for (const [key, { failed }] of models) if (failed !== undefined) models.delete(key);
}

const cached = new Map<string, Promise<boolean>>();

/**
 * Whether the browser has a file of this site in its cache. That of a student was downloaded with all
 * that it takes to run it. It is asked once: a browser's console names each file that is not there.
 */
export function isCached(address: string): Promise<boolean> {
  let answer = cached.get(address);
  if (!answer) {
    answer = fetch(address, { cache: 'only-if-cached', mode: 'same-origin' }).then(
      ({ ok }) => ok,
      () => false,
    );
    cached.set(address, answer);
  }
  return answer;
}

async function load(address: string, backend: string, base?: string | URL): Promise<Halfsize> {
  const { Halfsize, ModelMismatch, isBackendName } = await loadLibrary(base);
  if (!address) throw new ModelMismatch('No model is set: give <half-size> a model attribute.');
  const options: LoadOptions = { backend: isBackendName(backend) ? backend : 'auto' };
  return Halfsize.load(address, base === undefined ? options : { ...options, base });
}

/** The best speeds that were measured since the start, in milliseconds per megapixel. */
const speeds = new WeakMap<Halfsize, number>();

/** The best of all measurements: a busy machine is slow for a while, a slow one always. */
export function speedOf(halfsize: Halfsize): number {
  return Math.min(halfsize.msPerMegapixel, speeds.get(halfsize) ?? Number.POSITIVE_INFINITY);
}

/** Side of the picture that is enlarged to measure the speed. */
const TRIAL_PX = 128;

/** Measure again how fast the models run that were found slow. */
export async function measureSlow(): Promise<void> {
  for (const { model } of models.values()) {
    const halfsize = await model.catch(() => undefined);
    if (halfsize && speedSkips(halfsize.backend, speedOf(halfsize)) === 'slow') {
      await measureAgain(halfsize).catch(() => undefined);
    }
  }
}

/** Measure how fast a model runs now. */
export async function measureAgain(halfsize: Halfsize): Promise<void> {
  const pixels = new Uint8ClampedArray(TRIAL_PX * TRIAL_PX * 4).fill(255);
  await halfsize.upscale(new ImageData(pixels, TRIAL_PX), { output: 'imagedata' });
  const { milliseconds, width, height } = halfsize.last ?? { milliseconds: 0, width: 0, height: 0 };
  const speed = (milliseconds * 1e6) / (width * height);
  speeds.set(halfsize, Math.min(speedOf(halfsize), speed));
}
