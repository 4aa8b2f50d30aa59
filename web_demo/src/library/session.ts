import type { Card, ModelFiles } from '../card';
import { Aborted, errorOf, type HalfsizeError, ModelMismatch, NoBackend } from '../errors';
import type { ColorSpace, FromEngine, Started } from '../messages';
import type { Picture } from '../picture';
import type { EnginePort } from './engine-port';

export type Finished = { picture: Picture; milliseconds: number; tilePx: number };

export type JobOptions = {
  signal?: AbortSignal | undefined;
  onProgress?: ((done: number, total: number) => void) | undefined;
};

type Pending<T> = { resolve: (value: T) => void; reject: (error: unknown) => void };

/** What one tile may take: in a worker it delays only an abort, on the page it delays a frame. */
const TARGET_MS = { worker: 150, page: 20 };

/** One engine with one model: turns messages into promises. */
export class Session {
  readonly #port: EnginePort;
  readonly #jobs = new Map<number, Pending<Finished> & JobOptions>();
  readonly #helpers: EnginePort[] = [];
  #starting: Pending<Started> | undefined;
  #lastJob = 0;
  #dead: HalfsizeError | undefined;

  constructor(port: EnginePort) {
    this.#port = port;
    port.listen(
      (message) => this.#handle(message),
      (reason) => this.#die(new NoBackend(`The upscaler stopped unexpectedly: ${reason}.`)),
    );
  }

  get place(): EnginePort['place'] {
    return this.#port.place;
  }

  /** Throws ModelMismatch, or NoBackend with the reason alone as its message. */
  start(card: Card, files: ModelFiles, tilePx?: number): Promise<Started> {
    return new Promise((resolve, reject) => {
      this.#starting = { resolve, reject };
      const targetMs = TARGET_MS[this.place];
      const tiles = tilePx ? { tilePx } : {};
      this.#port.post({ kind: 'start', card, files, targetMs, ...tiles });
    });
  }

  /** Enlarge a picture, whose buffer or bitmap is handed over. */
  async upscale(
    picture: Picture | ImageBitmap,
    colorSpace: ColorSpace,
    options: JobOptions,
  ): Promise<Finished> {
    if (this.#dead) throw this.#dead;
    const { signal } = options;
    if (signal?.aborted) throw new Aborted(signal.reason);
    const job = ++this.#lastJob;
    const giveUp = () => this.#port.post({ kind: 'abort', job });
    signal?.addEventListener('abort', giveUp, { once: true });
    try {
      return await new Promise<Finished>((resolve, reject) => {
        this.#jobs.set(job, { resolve, reject, ...options });
        const handedOver = 'data' in picture ? picture.data.buffer : picture;
        this.#port.post({ kind: 'upscale', job, picture, colorSpace }, [handedOver]);
      });
    } finally {
      signal?.removeEventListener('abort', giveUp);
      this.#jobs.delete(job);
    }
  }

  /** Have helpers in workers of their own, each as soon as it is ready. */
  async employ(
    count: number,
    open: () => Promise<EnginePort>,
    card: Card,
    files: ModelFiles,
  ): Promise<void> {
    for (let i = 0; i < count && !this.#dead; i++) {
      const helper = await open().catch(() => undefined);
      if (helper?.place !== 'worker' || this.#dead) {
        helper?.close();
        return;
      }
      this.#helpers.push(helper);
      const { port1, port2 } = new MessageChannel();
      helper.listen(
        ({ kind }) => {
          if (kind === 'helping') this.#port.post({ kind: 'helper', port: port1 }, [port1]);
        },
        () => undefined, // the engine does without a helper that does not answer
      );
      helper.post({ kind: 'help', card, files, port: port2 }, [port2]);
    }
  }

  /** End the engine; what is still running fails with `reason`. */
  close(reason: HalfsizeError = new Aborted()): void {
    this.#port.close();
    for (const helper of this.#helpers) helper.close();
    this.#die(reason);
  }

  #handle(message: FromEngine): void {
    switch (message.kind) {
      case 'ready':
      case 'helping':
        break;
      case 'started':
        this.#starting?.resolve(message);
        break;
      case 'refused':
        this.#starting?.reject(new NoBackend(message.reason));
        break;
      case 'rejected':
        this.#starting?.reject(new ModelMismatch(message.reason));
        break;
      default:
        this.#handleJob(message);
    }
  }

  #handleJob(message: Extract<FromEngine, { job: number }>): void {
    const job = this.#jobs.get(message.job);
    switch (message.kind) {
      case 'progress':
        job?.onProgress?.(message.done, message.total);
        break;
      case 'finished':
        job?.resolve(message);
        break;
      case 'failed':
        job?.reject(
          message.code === 'Aborted'
            ? new Aborted(job.signal?.reason)
            : errorOf(message.code, message.reason),
        );
        break;
    }
  }

  #die(error: HalfsizeError): void {
    this.#dead = error;
    this.#starting?.reject(error);
    for (const { reject } of this.#jobs.values()) reject(error);
  }
}
