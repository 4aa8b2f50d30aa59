import type * as api from '../library/entries/api';
import type { Halfsize, LoadOptions } from '../library/halfsize';

/** What an element needs from the library, which is downloaded when the first picture comes near. */
export type Library = Pick<typeof api, 'Halfsize' | 'ModelMismatch' | 'isBackendName'>;

/** Loads the library; `base` is its folder if it is not the one of the element's script. */
export type LibraryLoader = (base?: string | URL) => Promise<Library>;

let loadLibrary: LibraryLoader = () => Promise.reject(new Error('no library was set'));

/** Set how elements load the library: a script does it differently from a module. */
export function useLibrary(load: LibraryLoader): void {
  loadLibrary = load;
}

const models = new Map<string, Promise<Halfsize>>();

/**
 * One model for all elements that name it: one download, one worker.
 *
 * @param backend the name of a backend; anything else means `auto`.
 */
export function sharedModel(
  address: string,
  backend: string,
  base?: string | URL,
): Promise<Halfsize> {
  const key = JSON.stringify([address, backend, base]);
  let model = models.get(key);
  if (!model) {
    model = load(address, backend, base);
    models.set(key, model);
    model.catch(() => models.delete(key)); // the next element tries again
  }
  return model;
}

async function load(address: string, backend: string, base?: string | URL): Promise<Halfsize> {
  const { Halfsize, ModelMismatch, isBackendName } = await loadLibrary(base);
  if (!address) throw new ModelMismatch('No model is set: give <half-size> a model attribute.');
  const options: LoadOptions = { backend: isBackendName(backend) ? backend : 'auto' };
  return Halfsize.load(address, base === undefined ? options : { ...options, base });
}
