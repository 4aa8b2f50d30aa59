import { bytesFromBase64 } from '../base64';
import { type Card, type ModelFiles, parseCard, requireUntouched } from '../card';
import { Aborted, ModelMismatch, reasonOf } from '../errors';
import { extras } from './lazy';

/** The files of an export folder by name, `halfsize.json` among them. */
export type ModelBytes = Record<string, ArrayBuffer | Uint8Array<ArrayBuffer> | string>;

/**
 * A model: the address of its export folder or of its `halfsize.json`, the files themselves, or a
 * folder name of the models that `models.js` holds.
 */
export type ModelSource = string | URL | ModelBytes;

export type LoadedModel = { card: Card; files: ModelFiles };

const CARD = 'halfsize.json';

/**
 * Get a model's card and files, and refuse them unless each file has its card's SHA-256.
 *
 * @throws ModelMismatch naming what is missing or altered, Aborted.
 */
export async function loadModelFiles(
  source: ModelSource,
  signal?: AbortSignal,
): Promise<LoadedModel> {
  if (typeof source === 'string' || source instanceof URL) {
    const packed = globalThis.halfsizeParts?.models?.find(({ folder }) => folder === source);
    if (packed) {
      const files = mapValues(packed.files, (text) => bytesFromBase64(text));
      return verified(packed.card, (name) => files[name]);
    }
    return fetchModel(new URL(source, document.baseURI), signal);
  }
  const text = source[CARD];
  if (text === undefined) throw new ModelMismatch(`The model’s files do not include ${CARD}.`);
  return verified(parsed(bytesOf(text)), (name) => {
    const file = source[name];
    return file === undefined ? undefined : bytesOf(file);
  });
}

async function fetchModel(url: URL, signal?: AbortSignal): Promise<LoadedModel> {
  const card = url.pathname.endsWith('.json')
    ? new URL(CARD, url)
    : new URL(`${url.pathname.replace(/\/?$/, '/')}${CARD}${url.search}`, url);
  const content = parsed(await fetchBytes(card, signal));
  const files: ModelFiles = {};
  await Promise.all(
    Object.keys(parseCard(content).files).map(async (name) => {
      files[name] = await fetchBytes(new URL(`${name}${card.search}`, card), signal);
    }),
  );
  return verified(content, (name) => files[name]);
}

async function verified(
  content: unknown,
  find: (name: string) => Uint8Array<ArrayBuffer> | undefined,
): Promise<LoadedModel> {
  const card = parseCard(content);
  const files: ModelFiles = {};
  for (const name of Object.keys(card.files)) {
    const bytes = find(name);
    if (bytes) files[name] = bytes;
  }
  await requireUntouched(card, files, async (bytes) => (await extras()).sha256(bytes));
  return { card, files };
}

async function fetchBytes(url: URL, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const response = await fetch(url, { signal: signal ?? null });
    if (!response.ok) throw new Error(`the server answers ${response.status}`);
    return new Uint8Array(await response.arrayBuffer());
  } catch (error) {
    if (signal?.aborted) throw new Aborted(signal.reason);
    throw new ModelMismatch(
      `The model’s file ${url.href} cannot be loaded: ${reasonOf(error)}. ` +
        'Check the address, and that the site allows it (CORS).',
      { cause: error },
    );
  }
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    throw new ModelMismatch(`The model’s ${CARD} is not JSON: ${reasonOf(error)}.`);
  }
}

function bytesOf(file: ModelBytes[string]): Uint8Array<ArrayBuffer> {
  if (typeof file === 'string') return new Uint8Array(new TextEncoder().encode(file));
  return file instanceof Uint8Array ? file : new Uint8Array(file);
}

function mapValues<From, To>(from: Record<string, From>, to: (value: From) => To) {
  return Object.fromEntries(Object.entries(from).map(([name, value]) => [name, to(value)]));
}
