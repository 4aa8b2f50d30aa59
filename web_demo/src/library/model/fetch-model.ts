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
 * folder name of the models that `models.js` holds. The address of its `model.halfsize` says at once
 * what it is for: then the card, that file and an engine are on their way together.
 */
export type ModelSource = string | URL | ModelBytes;

/** What a model is for, and under what name a backend is remembered. */
export type ModelIdentity = { form: ModelForm; memory: string };

/** Engines are opened while the rest is still on its way. */
export type LoadedModel = {
  identity_: ModelIdentity | Promise<ModelIdentity>;
  card: Promise<Card>;
  files: Promise<ModelFiles>;
};

/**
 * Begin to get a model's card and its files.
 *
 * What it gives throws ModelMismatch, Aborted; files that are missing or altered are named.
 */
export async function loadModel(source: ModelSource, signal?: AbortSignal): Promise<LoadedModel> {
  const [find, identity] = await finderOf(source, signal);
  const card = cardOf(find);
  const files = card.then((card) => filesOf(card, find));
  files.catch(() => undefined); // it is told to whoever asks for them
  return {
    identity_:
      identity ??
      card.then((card) => ({ form: formOf(card), memory: card.name + card.parameters })),
    card,
    files,
  };
}

async function cardOf(find: FindFile): Promise<Card> {
  const text = new TextDecoder().decode(await find('halfsize.json'));
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

/** How files are got, and what the address alone says of the model. */
async function finderOf(
  source: ModelSource,
  signal?: AbortSignal,
): Promise<[FindFile, ModelIdentity?]> {
  const packed = globalThis.halfsizeParts?.models?.find(({ folder }) => folder === source);
  if (packed) return [(await extras()).packedFiles_(packed)];
  if (typeof source !== 'string' && !(source instanceof URL)) {
    return [(await extras()).givenFiles_(source)];
  }
  const { pathname, search, href } = new URL(source, document.baseURI);
  const folder = pathname.replace(/(\/?[^/]*\.(json|halfsize)|\/)?$/, '/');
  const find: FindFile = async (name) => {
    const url = new URL(folder + name + search, href);
    return new Uint8Array(await fetchAs('arrayBuffer', url, signal, ModelMismatch));
  };
  if (!pathname.endsWith(NETWORK_FILE)) return [find];
  const network = find(NETWORK_FILE);
  network.catch(() => undefined); // as above
  return [
    (name) => (name === NETWORK_FILE ? network : find(name)),
    { form: 'compact', memory: folder },
  ];
}
