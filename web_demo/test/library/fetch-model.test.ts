import { createHash } from 'node:crypto';
import { afterEach, expect, test, vi } from 'vitest';
import { loadModel } from '../../src/library/model/fetch-model';

/** A model folder with one file of this content. */
function folder(content: string, name = 'model.halfsize'): Record<string, string> {
  const sha256 = createHash('sha256').update(content).digest('hex');
  const file = { bytes: content.length, gzip_bytes: content.length, sha256 };
  const card = { format: 1, name: content, scale: 2, margin_px: 1, colour: 'rgb', parameters: 1 };
  return { 'halfsize.json': JSON.stringify({ ...card, files: { [name]: file } }), [name]: content };
}

/** What the browser asked its server for. */
let asked: string[] = [];

/** A server with the files of `now`, and a browser that has some of those `before` in its cache. */
function serve(now: Record<string, string>, before: Record<string, string>): void {
  asked = [];
  vi.stubGlobal('document', { baseURI: 'https://site.example/' });
  vi.stubGlobal('halfsizeParts', {
    extras: { sentences_: new Proxy({}, { get: (_, name) => () => String(name) }) },
  });
  vi.stubGlobal('fetch', async (url: URL, { cache }: RequestInit) => {
    const name = url.pathname.split('/').at(-1) as string;
    const cached = cache === 'reload' ? undefined : before[name];
    if (cached === undefined) asked.push(name);
    const body = cached ?? now[name];
    return new Response(body ?? null, { status: body === undefined ? 404 : 200 });
  });
}

afterEach(() => vi.unstubAllGlobals());

const [OLD, NEW] = [folder('old'), folder('a newer model')];
const FILE = { 'model.halfsize': OLD['model.halfsize'] as string };
const CARD = { 'halfsize.json': OLD['halfsize.json'] as string };

test.each(['m/model.halfsize', 'm/'])('%s: a replaced model is loaded anew', async (address) => {
  for (const [before, name] of [
    [{}, 'a newer model'],
    [FILE, 'a newer model'],
    [CARD, 'a newer model'],
    [OLD, 'old'],
  ] as const) {
    serve(NEW, before);
    const { card, files } = await (await loadModel(address)).content_;
    expect(card.name).toBe(name);
    expect(Buffer.from(files['model.halfsize'] ?? []).toString()).toBe(name);
  }
  expect(asked).toEqual([]); // what fits together comes from the cache
});

test('a replaced model whose files have other names is loaded anew', async () => {
  const before = folder('of before', 'model.json');
  serve(NEW, { 'halfsize.json': before['halfsize.json'] as string });
  const { card } = await (await loadModel('m/')).content_;
  expect(card.name).toBe('a newer model');
});

test('a card in the address is not asked for, and the file may have any name', async () => {
  const card = encodeURIComponent(OLD['halfsize.json'] as string);
  serve({ 'model-1a2b3c.bin': OLD['model.halfsize'] as string }, {});
  const loaded = await loadModel(`assets/model-1a2b3c.bin?v=1#${card}`);
  const memory = '/assets/model-1a2b3c.bin';
  expect(loaded.identity_).toEqual({ form: 'compact', memory });
  const { card: read, files } = await loaded.content_;
  expect(read.name).toBe('old');
  expect(Buffer.from(files['model.halfsize'] ?? []).toString()).toBe('old');
  expect(asked).toEqual(['model-1a2b3c.bin']);
});

test('a file that is not that of the card in the address is refused', async () => {
  const card = encodeURIComponent(OLD['halfsize.json'] as string);
  serve({ 'model.halfsize': 'something else' }, {});
  await expect((await loadModel(`m/model.halfsize#${card}`)).content_).rejects.toThrow('altered');
});

test('a model that was altered on its server is refused', async () => {
  serve({ ...NEW, 'model.halfsize': 'something else' }, {});
  await expect((await loadModel('m/')).content_).rejects.toThrow('altered');
  expect(asked.sort()).toEqual([
    ...Array(2).fill('halfsize.json'),
    ...Array(2).fill('model.halfsize'),
  ]);
});

test('a card that is missing is asked for once', async () => {
  serve({}, {});
  const { identity_, content_ } = await loadModel('m/');
  await expect(identity_).rejects.toThrow('not fetched');
  await expect(content_).rejects.toThrow('not fetched');
  expect(asked).toEqual(['halfsize.json']);
});
