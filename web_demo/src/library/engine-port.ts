import type { Backend } from '../backend-names';
import type { FromEngine, ToEngine } from '../messages';
import { runScript } from './parts';

/** One end of the talk with a running engine. */
export type EnginePort = {
  readonly place: 'worker' | 'page';
  post(message: ToEngine, transfer?: Transferable[]): void;
  /** Called with every message after `ready`, and with the reason if the engine dies. */
  listen(onMessage: (message: FromEngine) => void, onDeath: (reason: string) => void): void;
  close(): void;
};

/** Where an engine may run; `auto` takes a worker if there can be one. */
export type Place = 'auto' | 'worker' | 'page';

/**
 * Start an engine in a worker of its own, or where that is forbidden or impossible, on the page.
 *
 * A worker straight from the script's address is tried first: that needs no `blob:` in a page's
 * Content-Security-Policy. From disk and from other sites only a worker made of text starts.
 *
 * @throws Error when the script is missing.
 */
export async function openEngine(backend: Backend, url: string, place: Place): Promise<EnginePort> {
  if (place !== 'page' && typeof Worker === 'function' && typeof OffscreenCanvas === 'function') {
    const address = new URL(url, document.baseURI);
    if (address.protocol.startsWith('http') && address.origin === location.origin) {
      const port = await tryWorker(url);
      if (port) return port;
    }
    const start = await engineScript(backend, url);
    const text = new Blob([`(${start})(self)`], { type: 'text/javascript' });
    const blobUrl = URL.createObjectURL(text);
    const port = await tryWorker(blobUrl);
    URL.revokeObjectURL(blobUrl);
    if (port) return port;
  }
  if (place === 'worker') throw new Error('this page may not start workers');
  return onPage(await engineScript(backend, url));
}

async function engineScript(backend: Backend, url: string) {
  if (!globalThis.halfsizeParts?.engines?.[backend]) await runScript(url);
  const start = globalThis.halfsizeParts?.engines?.[backend];
  if (!start) throw new Error(`${url} is not an engine of halfsize`);
  return start;
}

/** A worker that has said `ready`. Undefined: it was forbidden, or its script is not there. */
async function tryWorker(url: string): Promise<EnginePort | undefined> {
  let worker: Worker;
  try {
    worker = new Worker(url);
  } catch {
    return undefined;
  }
  const ready = await new Promise<boolean>((resolve) => {
    worker.onmessage = () => resolve(true);
    worker.onerror = (event) => {
      event.preventDefault();
      resolve(false);
    };
  });
  if (!ready) {
    worker.terminate();
    return undefined;
  }
  return {
    place: 'worker',
    post: (message, transfer = []) => worker.postMessage(message, transfer),
    listen: (onMessage, onDeath) => {
      worker.onmessage = ({ data }: MessageEvent<FromEngine>) => onMessage(data);
      worker.onerror = (event) => {
        event.preventDefault();
        onDeath(event.message);
      };
    },
    close: () => worker.terminate(),
  };
}

async function onPage(start: (port: MessagePort) => void): Promise<EnginePort> {
  const { port1, port2 } = new MessageChannel();
  start(port2);
  await new Promise<void>((resolve) => {
    port1.onmessage = () => resolve();
  });
  return {
    place: 'page',
    post: (message, transfer = []) => port1.postMessage(message, transfer),
    listen: (onMessage) => {
      port1.onmessage = ({ data }: MessageEvent<FromEngine>) => onMessage(data);
    },
    close: () => {
      port1.close();
      port2.close();
    },
  };
}
