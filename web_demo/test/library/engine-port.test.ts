import { afterEach, expect, test, vi } from 'vitest';
import type { Card } from '../../src/core/card';
import { ModelMismatch } from '../../src/core/errors';
import type { Port } from '../../src/core/messages';
import { startOnly } from '../../src/library/engines/choose';
import { openEngine } from '../../src/library/engines/engine-port';

const ADDRESS = 'https://site.example/engine-wasm.js';

/** What happened, in order. */
let seen: string[] = [];

/** A worker that says it is ready, or that its script is not there, once everybody has spoken. */
function workers(
  starts: (url: string) => boolean,
  hears = (_: unknown): void => undefined,
): unknown {
  return class {
    onmessage: ((event: { data: unknown }) => void) | undefined;
    onerror: ((event: { preventDefault: () => void }) => void) | undefined;

    constructor(url: string) {
      const scheme = new URL(url).protocol;
      seen.push(`new ${scheme}`);
      setTimeout(() => {
        seen.push(`${starts(url) ? 'ready' : 'missing'} ${scheme}`);
        if (starts(url)) this.onmessage?.({ data: { kind: 'ready' } });
        else this.onerror?.({ preventDefault: () => undefined });
      });
    }

    postMessage(message: string): void {
      hears(message);
      seen.push(message);
    }

    terminate(): void {
      seen.push('ended');
    }
  };
}

/** An engine's script that has run: it says what it hears. */
function engine(port: Port): void {
  port.onmessage = ({ data }) => port.postMessage({ kind: 'heard', data } as never, []);
  port.postMessage({ kind: 'ready', backend: 'wasm' }, []);
}

function have(worker: unknown): void {
  seen = [];
  vi.stubGlobal('origin', 'https://site.example');
  vi.stubGlobal('document', { baseURI: 'https://site.example/' });
  vi.stubGlobal('OffscreenCanvas', class {});
  vi.stubGlobal('Worker', worker);
  vi.stubGlobal('halfsizeParts', { engines: { wasm: engine } });
}

function open(worker: unknown) {
  have(worker);
  return openEngine('wasm', ADDRESS, 'auto', (port, place) => port.postMessage(`hello ${place}`));
}

afterEach(() => vi.unstubAllGlobals());

test('a worker is greeted before it is ready, so that it need not wait', async () => {
  const { place } = await open(workers(() => true));
  expect(place).toBe('worker');
  expect(seen).toEqual(['new https:', 'hello worker', 'ready https:']);
});

test('where an address gives no worker, the one that is made of text is greeted as well', async () => {
  const { place } = await open(workers((url) => url.startsWith('blob:')));
  expect(place).toBe('worker');
  expect(seen).toEqual([
    ...['new https:', 'hello worker', 'missing https:', 'ended'],
    ...['new blob:', 'hello worker', 'ready blob:'],
  ]);
});

test('an engine on the page hears the greeting after it has said that it is ready', async () => {
  const { place, port, close } = await open(undefined);
  expect(place).toBe('page');
  const heard = await new Promise((resolve) => {
    (port as MessagePort).onmessage = ({ data }) => resolve(data);
  });
  expect(heard).toEqual({ kind: 'heard', data: 'hello page' });
  close();
});

test('a model that cannot be handed to a worker is an error, and nobody waits for it', async () => {
  const refuses = () => {
    throw new ModelMismatch('It cannot be copied.');
  };
  have(workers(() => true, refuses));
  const model = {
    identity_: { form: 'compact', memory: '' } as const,
    content_: Promise.resolve({ card: {} as Card, files: {} }),
  };
  const options = { place: 'auto', base: 'https://site.example/', tilePx: undefined } as const;
  const rest = { workers: 1, signal: undefined, transparent: false };
  const started = startOnly('wasm', model, { ...options, ...rest });
  await expect(started).rejects.toThrow('It cannot be copied.');
  expect(seen).toEqual(['new https:', 'ready https:', 'ended']);
});
