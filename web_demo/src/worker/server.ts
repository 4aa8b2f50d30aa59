import type { Backend } from '../core/backends';
import type { ModelFiles } from '../core/card';
import { type Engine, type Enlarger, isMemoryError } from '../core/engine';
import {
  Aborted,
  type FailureCode,
  HalfsizeError,
  ModelMismatch,
  NoBackend,
  OutOfMemory,
  reasonOf,
} from '../core/errors';
import type { FromEngine, ToEngine } from '../core/messages';
import type { Bitmap, Picture } from '../core/picture';
import { scaleOf } from '../core/scale';
import { encode } from './encode';
import type { Enlarge } from './enlarge';
import { leastTilePx, PATIENT_MS, probe } from './probe';
import { help, Team } from './team';
import { Turns } from './turns';

type Message<Kind extends ToEngine['kind']> = Extract<ToEngine, { kind: Kind }>;

/** Requires that a backend computes correctly. False if the model has nothing to check against. */
export type Check = (model: Enlarger, files: ModelFiles, backend: Backend) => Promise<boolean>;

/** What the server needs from outside, so that tests can run it without a worker. */
export type Surroundings = {
  post: (message: FromEngine, transfer?: Transferable[]) => void;
  engine: Engine;
  check: Check;
  /** Let waiting messages be handled. */
  breathe: () => Promise<void>;
  now: () => number;
  enlarge: Enlarge;
};

/** A started model: the library's message, and the present size of tiles. */
type Ready = Message<'start'> & { model: Team; tilePx: number };

/** How often the runtime may fail on one picture before it is given up. */
const MOST_RECOVERIES = 8;

/** Pictures that share the engine at a time: each holds its result in memory. */
const MOST_AT_ONCE = 3;

/** Answers the library's messages: the whole behaviour of an engine. */
export class Server {
  readonly #around: Surroundings;
  readonly #turns = new Turns();
  /** All jobs, and those of them that wait. */
  readonly #jobs = new Set<number>();
  readonly #waiting: Message<'upscale'>[] = [];
  #running = 0;
  #ready: Ready | undefined;

  constructor(surroundings: Surroundings) {
    this.#around = surroundings;
  }

  async handle(message: ToEngine): Promise<void> {
    switch (message.kind) {
      case 'start':
        return this.#start(message);
      case 'upscale':
        this.#jobs.add(message.job);
        this.#waiting.push(message);
        return this.#runNext();
      case 'help':
        return this.#help(message);
      case 'helper':
        return this.#ready?.model.add(message.port);
      case 'abort':
        return this.#abort(message.job);
    }
  }

  async #start(message: Message<'start'>): Promise<void> {
    const { post, engine, check, now } = this.#around;
    const { card, files, targetMs, tilePx: wanted } = message;
    this.#ready?.model.dispose();
    this.#ready = undefined;
    try {
      const own = await engine.open(files, card);
      const checked = await check(own, files, engine.backend);
      const model = new Team(own);
      const probed = await probe(model, card, targetMs, now, engine.backend === 'wasm');
      const tilePx = wanted ? Math.max(wanted, leastTilePx(card)) : probed.tilePx;
      this.#ready = { ...message, model, tilePx };
      post({ kind: 'started', backend: engine.backend, checked, ...probed, tilePx });
    } catch (error) {
      const kind = error instanceof ModelMismatch ? 'rejected' : 'refused';
      post({ kind, reason: error instanceof HalfsizeError ? error.message : reasonOf(error) });
    }
  }

  async #help({ card, files, port }: Message<'help'>): Promise<void> {
    const model = await this.#around.engine.open(files, card).catch(() => undefined);
    if (!model) return; // nobody counts on it
    help(port, model);
    this.#around.post({ kind: 'helping' });
  }

  #abort(job: number): void {
    const waiting = this.#waiting.findIndex((message) => message.job === job);
    if (waiting < 0) {
      this.#jobs.delete(job); // it stops before its next tile
    } else {
      this.#waiting.splice(waiting, 1);
      this.#fail(job, new Aborted());
    }
  }

  async #runNext(): Promise<void> {
    if (this.#running >= MOST_AT_ONCE) return;
    const message = this.#waiting.shift();
    if (!message) return;
    this.#running++;
    await this.#run(message);
    this.#running--;
    return this.#runNext();
  }

  async #run(message: Message<'upscale'>): Promise<void> {
    const { post, now } = this.#around;
    const { job } = message;
    try {
      const started = now();
      const enlarged = await this.#enlarge(message);
      const milliseconds = now() - started;
      const picture =
        message.output === 'blob'
          ? await encode(enlarged, message.colorSpace, () => this.#breathe(job))
          : enlarged;
      const handedOver = 'blob' in picture ? [] : [picture.data?.buffer ?? picture];
      this.#jobs.delete(job);
      const tilePx = this.#ready?.tilePx ?? 0;
      post({ kind: 'finished', job, picture, milliseconds, tilePx }, handedOver as Transferable[]);
    } catch (error) {
      this.#fail(job, this.#jobs.has(job) ? error : new Aborted());
    }
  }

  /** Let messages in, one of which may abort the job. */
  async #breathe(job: number): Promise<void> {
    await this.#around.breathe();
    if (!this.#jobs.has(job)) throw new Aborted();
  }

  /** Enlarge a picture; where memory runs out, with ever smaller tiles. */
  async #enlarge(message: Message<'upscale'>): Promise<Picture | Bitmap> {
    const { now, post, enlarge } = this.#around;
    const { job } = message;
    const breathe = () => this.#breathe(job);
    for (let recoveries = 0; ; recoveries++) {
      const ready = this.#ready;
      if (!ready) throw new NoBackend('No model was started.');
      let end = (): void => undefined;
      let began = 0;
      try {
        const work = {
          scale: scaleOf(ready.card.scale),
          size: message.size,
          marginPx: ready.card.margin_px,
          alignPx: ready.card.align_px,
          tilePx: () => ready.tilePx,
          onTile: (done: number, total: number) => {
            adapt(ready, now() - began);
            post({ kind: 'progress', job, done, total });
          },
          pause: async () => {
            end();
            end = await this.#turns.take();
            await breathe();
            if (this.#ready !== ready) throw new Error(); // not this job's: it starts over
            began = now();
          },
        };
        return await enlarge(message, ready.model, work, breathe);
      } catch (error) {
        if (!this.#jobs.has(job)) throw error;
        if (this.#ready !== ready) continue; // another job opened the engine again
        if (error instanceof HalfsizeError || !isMemoryError(error)) throw error;
        if (recoveries >= MOST_RECOVERIES) throw exhausted(error);
        await this.#recover(ready, error);
      } finally {
        end();
      }
    }
  }

  /** Open the engine again, for tiles of half the side. The job that does it holds the turn. */
  async #recover(ready: Ready, reason: unknown): Promise<void> {
    const { model, card, files, tilePx } = ready;
    const least = leastTilePx(card);
    if (tilePx <= least) throw exhausted(reason);
    try {
      model.dispose();
    } catch {
      // Even disposing may fail after a context was lost.
    }
    this.#ready = undefined;
    try {
      const own = await this.#around.engine.open(files, card);
      const smaller = Math.max(least, Math.floor(tilePx / 2));
      this.#ready = { ...ready, model: new Team(own), tilePx: smaller };
    } catch (error) {
      throw new NoBackend(
        `The graphics context was lost and could not be restored: ${reasonOf(error)}.`,
      );
    }
  }

  #fail(job: number, error: unknown): void {
    this.#jobs.delete(job);
    const { code, message }: { code: FailureCode; message: string } =
      error instanceof HalfsizeError
        ? error
        : new NoBackend(`The picture was not enlarged: ${reasonOf(error)}.`);
    this.#around.post({ kind: 'failed', job, code, reason: message });
  }
}

/**
 * Make tiles smaller if they block the page: another program, or a power-saving mode, may have made
 * the device slower than when it was timed. In a worker nothing waits for a tile.
 */
function adapt(ready: Ready, milliseconds: number): void {
  const { card, tilePx, targetMs } = ready;
  if (targetMs >= PATIENT_MS || milliseconds <= 2 * targetMs) return;
  const smaller = tilePx * Math.sqrt(targetMs / milliseconds);
  ready.tilePx = Math.max(leastTilePx(card), tilePx / 2, 8 * Math.floor(smaller / 8));
}

function exhausted(error: unknown): OutOfMemory {
  return new OutOfMemory(
    `There is not enough memory for this picture, even in small pieces (${reasonOf(error)}). ` +
      'Close tabs, or choose a smaller picture.',
  );
}
