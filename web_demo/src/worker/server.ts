import type { Backend } from '../backend-names';
import type { Card, ModelFiles } from '../card';
import { type Engine, type Enlarger, isMemoryError } from '../engine';
import {
  Aborted,
  type ErrorCode,
  HalfsizeError,
  ModelMismatch,
  NoBackend,
  OutOfMemory,
  reasonOf,
} from '../errors';
import type { ColorSpace, FromEngine, ToEngine } from '../messages';
import type { Picture } from '../picture';
import { upscale } from '../upscale';
import { leastTilePx, PATIENT_MS, probe } from './probe';
import { help, Team } from './team';
import { Turns } from './turns';

type Message<Kind extends ToEngine['kind']> = Extract<ToEngine, { kind: Kind }>;

/** Insists that a backend computes rightly. False: the model brought nothing to check by. */
export type Check = (model: Enlarger, files: ModelFiles, backend: Backend) => Promise<boolean>;

/** What the server cannot do by itself: it is given these, so that tests run it without a worker. */
export type Surroundings = {
  post: (message: FromEngine, transfer?: Transferable[]) => void;
  engine: Engine;
  check: Check;
  /** Let waiting messages be handled. */
  breathe: () => Promise<void>;
  now: () => number;
  /** The pixels of a bitmap, which is closed; lets messages in now and then. */
  read: (
    bitmap: ImageBitmap,
    colorSpace: ColorSpace,
    breathe: () => Promise<void>,
  ) => Promise<Picture>;
};

type Ready = { model: Team; card: Card; files: ModelFiles; tilePx: number; targetMs: number };

/** How often one picture may bring the runtime down before it is given up. */
const MOST_RECOVERIES = 8;

/** Pictures that share the engine at a time: each holds its result in memory. */
const MOST_AT_ONCE = 3;

/** Answers the library's messages: the whole behaviour of an engine. */
export class Server {
  readonly #around: Surroundings;
  readonly #turns = new Turns();
  readonly #jobs = new Map<number, AbortController>();
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
        this.#jobs.set(message.job, new AbortController());
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

  async #start({ card, files, targetMs, tilePx: wanted }: Message<'start'>): Promise<void> {
    const { post, engine, check, now } = this.#around;
    this.#ready?.model.dispose();
    this.#ready = undefined;
    try {
      const own = await engine.open(files, card);
      const checked = await check(own, files, engine.backend);
      const model = new Team(own);
      const probed = await probe(model, card, targetMs, now);
      const { msPerMegapixel } = probed;
      const tilePx = wanted ? Math.max(wanted, leastTilePx(card)) : probed.tilePx;
      this.#ready = { model, card, files, tilePx, targetMs };
      post({ kind: 'started', backend: engine.backend, checked, msPerMegapixel, tilePx });
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
    this.#jobs.get(job)?.abort();
    const waiting = this.#waiting.findIndex((message) => message.job === job);
    if (waiting < 0) return;
    this.#waiting.splice(waiting, 1);
    this.#fail(job, new Aborted());
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

  async #run({ job, picture, colorSpace }: Message<'upscale'>): Promise<void> {
    const { post, now, read } = this.#around;
    const signal = this.#jobs.get(job)?.signal as AbortSignal;
    try {
      const started = now();
      const breathe = async () => {
        await this.#around.breathe();
        signal.throwIfAborted();
      };
      const source = 'data' in picture ? picture : await read(picture, colorSpace, breathe);
      const result = await this.#enlarge(job, source, signal);
      const tilePx = this.#ready?.tilePx ?? 0;
      const milliseconds = now() - started;
      this.#jobs.delete(job);
      post({ kind: 'finished', job, picture: result, milliseconds, tilePx }, [result.data.buffer]);
    } catch (error) {
      this.#fail(job, signal.aborted ? new Aborted() : error);
    }
  }

  /** Enlarge a picture; where memory runs out, with ever smaller tiles. */
  async #enlarge(job: number, picture: Picture, signal: AbortSignal): Promise<Picture> {
    for (let recoveries = 0; ; recoveries++) {
      const ready = this.#ready;
      if (!ready) throw new NoBackend('No model was started.');
      let end = (): void => undefined;
      let began = 0;
      try {
        return await upscale(picture, ready.model, {
          scale: ready.card.scale,
          marginPx: ready.card.margin_px,
          alignPx: ready.card.align_px,
          tilePx: () => ready.tilePx,
          onTile: (done, total) => {
            adapt(ready, this.#around.now() - began);
            this.#around.post({ kind: 'progress', job, done, total });
          },
          pause: async () => {
            end();
            end = await this.#turns.take();
            await this.#around.breathe();
            signal.throwIfAborted();
            if (this.#ready !== ready) throw new Renewed();
            began = this.#around.now();
          },
        });
      } catch (error) {
        if (error instanceof Renewed) continue;
        if (signal.aborted || error instanceof HalfsizeError || !isMemoryError(error)) throw error;
        if (recoveries >= MOST_RECOVERIES) throw exhausted(error);
        await this.#recover(ready, error);
      } finally {
        end();
      }
    }
  }

  /** Open the engine again, for tiles of half the side. The job that does it holds the turn. */
  async #recover({ model, card, files, tilePx, targetMs }: Ready, reason: unknown): Promise<void> {
    const least = leastTilePx(card);
    if (tilePx <= least) throw exhausted(reason);
    try {
      model.dispose();
    } catch {
      // What is left of a lost context may not even let itself be cleared away.
    }
    this.#ready = undefined;
    try {
      const next = Math.max(least, Math.floor(tilePx / 2));
      this.#ready = {
        model: new Team(await this.#around.engine.open(files, card)),
        card,
        files,
        tilePx: next,
        targetMs,
      };
    } catch (error) {
      throw new NoBackend(`The graphics context was lost and did not return: ${reasonOf(error)}.`);
    }
  }

  #fail(job: number, error: unknown): void {
    this.#jobs.delete(job);
    const code: ErrorCode = error instanceof HalfsizeError ? error.code : 'NoBackend';
    const reason =
      error instanceof HalfsizeError
        ? error.message
        : `The picture was not enlarged: ${reasonOf(error)}.`;
    this.#around.post({ kind: 'failed', job, code, reason });
  }
}

/**
 * Make tiles smaller that hold up the page: another program, or a battery that saves, may have made
 * the device slower than it was when it was timed. In a worker nothing waits for a tile.
 */
function adapt(ready: Ready, milliseconds: number): void {
  const { card, tilePx, targetMs } = ready;
  if (targetMs >= PATIENT_MS || milliseconds <= 2 * targetMs) return;
  const smaller = tilePx * Math.sqrt(targetMs / milliseconds);
  ready.tilePx = Math.max(leastTilePx(card), tilePx / 2, 8 * Math.floor(smaller / 8));
}

/** Another job opened the engine again: this one starts over with its model. */
class Renewed extends Error {}

function exhausted(error: unknown): OutOfMemory {
  return new OutOfMemory(
    `There is not enough memory for this picture, even in small pieces (${reasonOf(error)}). ` +
      'Close other tabs, or choose a smaller picture.',
  );
}
