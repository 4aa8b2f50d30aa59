import type { Backend } from '../backend-names';
import { type Card, parseCard, requireUntouched } from '../card';
import { sentenceOf } from '../errors';
import type { FromWorker, ToWorker } from '../messages';
import type { Enlarger } from '../model';
import type { Picture } from '../picture';
import { upscale } from '../upscale';
import { clearRunning, dropWaiting, EMPTY, enqueue, type Queue, startNext } from './queue';

type Message<Kind extends ToWorker['kind']> = Extract<ToWorker, { kind: Kind }>;

/** What the server cannot do by itself: it is given these, so that tests run it without a worker. */
export type Surroundings = {
  post: (message: FromWorker, transfer?: Transferable[]) => void;
  /** Start a backend and load a model on it. Throws where either is not possible. */
  open: (start: Message<'start'>, card: Card) => Promise<Enlarger>;
  /** Side of a tile for this model on this backend. */
  tilePx: (backend: Backend, marginPx: number) => number;
  /** Let waiting messages be handled. */
  breathe: () => Promise<void>;
};

type Job = { job: number; picture: Picture; abort: AbortController };
type Ready = { model: Enlarger; card: Card; backend: Backend };

/** Answers the page's messages: the whole behaviour of the worker. */
export class Server {
  readonly #around: Surroundings;
  #queue: Queue<Job> = EMPTY;
  #ready: Ready | undefined;

  constructor(surroundings: Surroundings) {
    this.#around = surroundings;
  }

  async handle(message: ToWorker): Promise<void> {
    switch (message.kind) {
      case 'start':
        return this.#start(message);
      case 'upscale':
        this.#queue = enqueue(this.#queue, { ...message, abort: new AbortController() });
        return this.#runNext();
      case 'abort':
        return this.#abort(message.job);
    }
  }

  async #start(message: Message<'start'>): Promise<void> {
    const { post, open } = this.#around;
    this.#ready?.model.dispose();
    this.#ready = undefined;
    const { backend } = message;
    let card: Card;
    try {
      card = parseCard(message.card);
      requireUntouched(card, message.files);
    } catch (error) {
      post({ kind: 'rejected', reason: sentenceOf(error, 'The model cannot be read') });
      return;
    }
    try {
      this.#ready = { backend, card, model: await open(message, card) };
      post({ kind: 'started', backend });
    } catch (error) {
      post({ kind: 'refused', backend, reason: sentenceOf(error, 'It does not start here') });
    }
  }

  #abort(id: number): void {
    if (this.#queue.running?.job === id) {
      this.#queue.running.abort.abort();
    } else if (this.#queue.waiting.some(({ job }) => job === id)) {
      this.#queue = dropWaiting(this.#queue, id);
      this.#around.post({ kind: 'aborted', job: id });
    }
  }

  async #runNext(): Promise<void> {
    if (this.#queue.running) return;
    this.#queue = startNext(this.#queue);
    const job = this.#queue.running;
    if (!job) return;
    await this.#run(job);
    this.#queue = clearRunning(this.#queue);
    return this.#runNext();
  }

  async #run({ job, picture, abort }: Job): Promise<void> {
    const { post, breathe, tilePx } = this.#around;
    try {
      if (!this.#ready) throw new Error('no model was started');
      const { model, card, backend } = this.#ready;
      const started = performance.now();
      const result = await upscale(picture, model, {
        scale: card.scale,
        marginPx: card.margin_px,
        alignPx: card.align_px,
        tilePx: roundUp(tilePx(backend, card.margin_px), card.align_px),
        onTile: (done, total) => post({ kind: 'progress', job, done, total }),
        pause: async () => {
          await breathe();
          abort.signal.throwIfAborted();
        },
      });
      const milliseconds = performance.now() - started;
      post({ kind: 'finished', job, picture: result, milliseconds }, [result.data.buffer]);
    } catch (error) {
      if (abort.signal.aborted) post({ kind: 'aborted', job });
      else post({ kind: 'failed', job, reason: sentenceOf(error, 'The picture was not enlarged') });
    }
  }
}

function roundUp(length: number, multiple: number): number {
  return Math.ceil(length / multiple) * multiple;
}
