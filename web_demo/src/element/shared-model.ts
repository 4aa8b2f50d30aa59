import { Halfsize, type LoadOptions } from '../library/halfsize';

const models = new Map<string, Promise<Halfsize>>();

/** One model for all elements that name it: one download, one worker. */
export function sharedModel(address: string, options: LoadOptions): Promise<Halfsize> {
  const key = JSON.stringify([address, options.backend, options.base]);
  let model = models.get(key);
  if (!model) {
    model = Halfsize.load(address, options);
    models.set(key, model);
    model.catch(() => models.delete(key)); // the next element tries again
  }
  return model;
}
