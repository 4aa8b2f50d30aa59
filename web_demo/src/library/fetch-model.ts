import { type Card, type ModelFiles, readCard, requireUntouched } from '../card';
import { ModelMismatch } from '../errors';
import { fetchAs } from './fetch-as';
import { extras, sentence } from './lazy';

/** The files of an export folder by name, `halfsize.json` among them. */
export type ModelBytes = Record<string, ArrayBuffer | Uint8Array<ArrayBuffer> | string>;

/**
 * A model: the address of its export folder or of its `halfsize.json`, the files themselves, or a
 * folder name of the models that `models.js` holds.
 */
export type ModelSource = string | URL | ModelBytes;

/** Engines are opened while the files are still on their way. */
export type LoadedModel = { card: Card; files: Promise<ModelFiles> };

/** Gives a model's files by name; undefined for one that is not there. */
export type FindFile = (name: string) => Promise<Uint8Array<ArrayBuffer> | undefined>;

/**
 * Get a model's card, and begin to get its files.
 *
 * @throws ModelMismatch, Aborted. The files too: what is missing or altered is named.
 */
export async function loadModel(source: ModelSource, signal?: AbortSignal): Promise<LoadedModel> {
  const find = await finderOf(source, signal);
  const text = new TextDecoder().decode(await find('halfsize.json'));
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw new ModelMismatch(await sentence('not JSON', error, text));
  }
  const card = readCard(content);
  if (!card) throw new ModelMismatch(await sentence('not a card', content));
  const files = filesOf(card, find);
  files.catch(() => undefined); // it is told to whoever asks for them
  return { card, files };
}

/** Get a model's files, and refuse them unless each has its card's SHA-256. */
async function filesOf(card: Card, find: FindFile): Promise<ModelFiles> {
  const files: ModelFiles = {};
  await Promise.all(
    Object.keys(card.files).map(async (name) => {
      const file = await find(name);
      if (file) files[name] = file;
    }),
  );
  await requireUntouched(card, files, async (bytes) => (await extras()).sha256(bytes), sentence);
  return files;
}

async function finderOf(source: ModelSource, signal?: AbortSignal): Promise<FindFile> {
  const packed = globalThis.halfsizeParts?.models?.find(({ folder }) => folder === source);
  if (packed) return (await extras()).packedFiles(packed);
  if (typeof source !== 'string' && !(source instanceof URL)) {
    return (await extras()).givenFiles(source);
  }
  const { pathname, search, href } = new URL(source, document.baseURI);
  const folder = pathname.replace(/(\/?[^/]*\.json|\/)?$/, '/');
  return async (name) => {
    const url = new URL(folder + name + search, href);
    return new Uint8Array(await fetchAs('arrayBuffer', url, signal, ModelMismatch));
  };
}
