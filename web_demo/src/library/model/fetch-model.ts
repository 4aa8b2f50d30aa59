import type { ModelForm } from '../../core/backends';
import {
  type Card,
  formOf,
  type ModelFiles,
  NETWORK_FILE,
  readCard,
  requireUntouched,
} from '../../core/card';
import { ModelMismatch } from '../../core/errors';
import { fetchAs } from '../fetch-as';
import { extras, sentence } from '../lazy';
import type { FindFile, ModelBytes } from '../types';

/**
 * A model: the address of its export folder or of its `halfsize.json`, the files themselves, or a
 * folder name of the models that `models.js` holds. The address of its `model.halfsize` shows at once
 * which runtime it is for, so that card, network and engine are fetched at the same time: that of whole
 * numbers where there is `integer` behind `?`. Where a bundler renames files, the card is in the address,
 * behind `#`.
 */
export type ModelSource = string | URL | ModelBytes;

/**
 * The form of a model, as its card says or as far as its address does, and the name under which its best
 * backend is remembered.
 */
export type ModelIdentity = { form: ModelForm; memory: string };

/** A model that is being loaded: engines are opened meanwhile. */
export type LoadedModel = {
  identity_: ModelIdentity | Promise<ModelIdentity>;
  content_: Promise<ModelContent>;
};

/** A model's card and the files that it describes. */
export type ModelContent = { card: Card; files: ModelFiles };

/**
 * Start to load a model's card and its files.
 *
 * The promises reject with ModelMismatch, which names a missing or altered file, or with Aborted.
 */
export async function loadModel(source: ModelSource, signal?: AbortSignal): Promise<LoadedModel> {
  const [find, identity] = await finderOf(source, signal);
  const card = cardOf(find);
  const content = card.then((card) => contentOf(card, find));
  content.catch(() => undefined); // whoever awaits it gets the error
  return {
    identity_:
      identity ??
      card.then((card) => ({
        form: formOf(card),
        memory: card.name + card.parameters,
      })),
    content_: content,
  };
}

/**
 * The files of a card. Browsers cache a card and its files apart: after a model was replaced, one may
 * be that of before and the other not. Then all of them are fetched again.
 */
async function contentOf(card: Card, find: FindFile): Promise<ModelContent> {
  try {
    return { card, files: await filesOf(card, find) };
  } catch {
    const replaced = await cardOf(find, 'reload');
    return { card: replaced, files: await filesOf(replaced, find, 'reload') };
  }
}

async function cardOf(find: FindFile, cache?: RequestCache): Promise<Card> {
  const text = new TextDecoder().decode(await find('halfsize.json', cache));
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw new ModelMismatch(await sentence('not JSON', error, text));
  }
  const card = readCard(content);
  if (!card) throw new ModelMismatch(await sentence('not a card', content));
  return card;
}

/** Load a model's files, and refuse them unless each has the SHA-256 of the card. */
async function filesOf(card: Card, find: FindFile, cache?: RequestCache): Promise<ModelFiles> {
  const files: ModelFiles = {};
  await Promise.all(
    Object.keys(card.files).map(async (name) => {
      const file = await find(name, cache);
      if (file) files[name] = file;
    }),
  );
  await requireUntouched(card, files, async (bytes) => (await extras()).sha256(bytes), sentence);
  return files;
}

/** How to load files, and what the address alone says about the model. */
async function finderOf(
  source: ModelSource,
  signal?: AbortSignal,
): Promise<[FindFile, ModelIdentity?]> {
  const packed = globalThis.halfsizeParts?.models?.find(({ folder }) => folder === source);
  if (packed) return [(await extras()).packedFiles_(packed)];
  if (typeof source !== 'string' && !(source instanceof URL)) {
    return [(await extras()).givenFiles_(source)];
  }
  const { pathname, search, hash, href } = new URL(source, document.baseURI);
  const folder = pathname.replace(/(\/?[^/]*\.(json|halfsize)|\/)?$/, '/');
  const find: FindFile = async (name, cache) => {
    if (hash && name !== NETWORK_FILE) {
      return new TextEncoder().encode(decodeURIComponent(hash.slice(1)));
    }
    const url = new URL(hash ? href : folder + name + search, href);
    return new Uint8Array(await fetchAs('arrayBuffer', url, signal, ModelMismatch, cache));
  };
  if (!hash && !pathname.endsWith(NETWORK_FILE)) return [find];
  const network = find(NETWORK_FILE);
  network.catch(() => undefined); // as above
  return [
    (name, cache) => (name === NETWORK_FILE && !cache ? network : find(name, cache)),
    { form: /integer/.test(search + hash) ? 'integer' : 'compact', memory: pathname },
  ];
}
