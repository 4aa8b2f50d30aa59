import type { EngineName } from '../../core/backends';
import { runScript } from '../parts';
import { trusted } from '../trusted';

/** A connection to a running engine, which has reported `ready`. */
export type EnginePort = {
  readonly place: 'worker' | 'page';
  readonly port: Worker | MessagePort;
  close(): void;
};

/** Where an engine may run; `auto` takes a worker if possible. */
export type Place = 'auto' | 'worker' | 'page';

/** Sends the first messages to an engine while it still starts; they wait in its port. */
export type Greet = (port: Worker | MessagePort, place: EnginePort['place']) => unknown;

/**
 * Start an engine in a worker of its own, or where that is forbidden or impossible, on the page.
 *
 * A worker straight from the script's address is tried first: that needs no `blob:` in a page's
 * Content-Security-Policy. From disk and from other sites only a worker made of text starts.
 *
 * @throws Error when the script is missing.
 */
export async function openEngine(
  name: EngineName,
  url: string,
  place: Place,
  greet?: Greet,
): Promise<EnginePort> {
  const mayWork =
    place !== 'page' && typeof Worker === 'function' && typeof OffscreenCanvas === 'function';
  // In a sandboxed frame the origin is `null`: a worker from an address would be refused, with an error.
  if (mayWork && url.startsWith(`${origin}/`) && url.startsWith('http')) {
    const worker = await tryWorker(url, greet);
    if (worker) return worker;
  }
  if (!globalThis.halfsizeParts?.engines?.[name]) await runScript(url);
  const start = globalThis.halfsizeParts?.engines?.[name];
  if (!start) throw new Error(`${url} is damaged`);
  if (mayWork) {
    const text = new Blob([`(${start})(self)`], { type: 'text/javascript' });
    const blobUrl = URL.createObjectURL(text);
    const worker = await tryWorker(blobUrl, greet);
    URL.revokeObjectURL(blobUrl);
    if (worker) return worker;
  }
  if (place === 'worker') throw new Error('this page may not start workers');
  const { port1, port2 } = new MessageChannel();
  start(port2);
  greet?.(port1, 'page');
  await new Promise((resolve) => {
    port1.onmessage = resolve;
  });
  return { place: 'page', port: port1, close: () => port1.close() };
}

/** A worker that has reported `ready`. Undefined if it was forbidden or its script is missing. */
async function tryWorker(url: string, greet?: Greet): Promise<EnginePort | undefined> {
  let worker: Worker | undefined;
  try {
    const port = new Worker(trusted(url));
    worker = port;
    greet?.(port, 'worker');
    await new Promise((resolve, reject) => {
      port.onmessage = resolve;
      port.onerror = (event) => {
        event.preventDefault();
        reject(event);
      };
    });
    return { place: 'worker', port, close: () => port.terminate() };
  } catch {
    worker?.terminate();
    return undefined;
  }
}
