import type { Backend } from '../backend-names';
import { startBackend } from '../backends';
import type { Card, ModelFiles } from '../card';
import type { FromWorker, ToWorker } from '../messages';
import { type Enlarger, loadModel, weightBytes } from '../model';
import { Server } from './server';

declare const self: DedicatedWorkerGlobalScope;

/**
 * Sides of a tile. Larger tiles waste less on margins, smaller ones show progress and stop sooner;
 * plain JavaScript needs half a second for 128 px.
 */
const TILE_PX: Record<Backend, number> = { webgpu: 256, webgl: 256, wasm: 256, cpu: 128 };

/** A model that looks far must still keep most of what it reads. */
function tilePx(backend: Backend, marginPx: number): number {
  return Math.max(TILE_PX[backend], 4 * marginPx);
}

async function open(
  { backend, files, wasm }: Extract<ToWorker, { kind: 'start' }>,
  card: Card,
): Promise<Enlarger> {
  if (!(await startBackend(backend, wasm))) throw new Error('the browser does not offer it');
  const model = await loadModel(textOf(files, 'model.json'), weightBytes(files));
  try {
    await warmUp(model, card);
  } catch (error) {
    model.dispose();
    throw error;
  }
  return model;
}

/** Some drivers start and then fail at the first program: find out before a picture is promised. */
async function warmUp(model: Enlarger, { scale }: Card): Promise<void> {
  const side = 8;
  const { data } = await model.run(new Float32Array(side * side * 3).fill(0.5), side, side);
  if (data.length !== side * side * scale * scale * 3 || !data.every(Number.isFinite)) {
    throw new Error('it gives wrong results');
  }
}

function textOf(files: ModelFiles, name: string): string {
  return new TextDecoder().decode(files[name]);
}

const channel = new MessageChannel();
const waiting: (() => void)[] = [];
channel.port1.onmessage = () => waiting.shift()?.();

/** Go to the end of the event queue. A timer would do too, but browsers hold timers back 4 ms. */
function breathe(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    channel.port2.postMessage(null);
  });
}

const post = (message: FromWorker, transfer: Transferable[] = []): void =>
  self.postMessage(message, transfer);
const server = new Server({ post, open, tilePx, breathe });

self.onmessage = ({ data }: MessageEvent<ToWorker>) => void server.handle(data);
