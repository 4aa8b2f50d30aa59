import type { Card, ModelFiles } from '../../core/card';
import { Aborted, errorOf, type HalfsizeError, ModelMismatch, NoBackend } from '../../core/errors';
import type { FromEngine, Output, Started, ToEngine } from '../../core/messages';
import type { Bitmap, ColorSpace, Encoded, Picture } from '../../core/picture';
import type { Size } from '../../core/scale';
import type { EnginePort } from './engine-port';

export type Finished = {
  picture: Picture | Bitmap | Encoded;
  milliseconds: number;
  tilePx: number;
};

export type JobOptions = {
  output: Output;
  size: Size;
  signal?: AbortSignal | undefined;
  onProgress?: ((done: number, total: number) => void) | undefined;
};

type Job = Partial<JobOptions> & {
  resolve: (value: never) => void;
  reject: (error: unknown) => void;
};

/** The start is a job like any other; its messages carry no number. */
const START = 0;

/** One engine with one model: turns messages into promises. */
export class Session {
  readonly #engine: EnginePort;
  readonly #jobs = new Map<number, Job>();
  readonly #helpers: EnginePort[] = [];
  /** Starts helpers after the first tile: earlier they would slow it down. */
  hire_: (() => unknown) | undefined;
  #lastJob = START;
  #dead: HalfsizeError | undefined;

  constructor(engine: EnginePort) {
    this.#engine = engine;
    engine.port.onmessage = ({ data }: MessageEvent<FromEngine>) => this.#handle(data);
    // A MessagePort has no such event.
    (engine.port as Worker).onerror = (event) => {
      event.preventDefault();
      this.#die(new NoBackend(`The engine stopped: ${event.message}.`));
    };
  }

  get place(): EnginePort['place'] {
    return this.#engine.place;
  }

  /**
   * Wait until the engine has started with its model.
   *
   * @throws ModelMismatch, or NoBackend whose message is the bare reason.
   */
  started(): Promise<Started> {
    return this.#wait(START);
  }

  /** Enlarge a picture; its buffer or bitmap is transferred. */
  async upscale(
    picture: Picture | Bitmap,
    colorSpace: ColorSpace,
    options: JobOptions,
  ): Promise<Finished> {
    const { signal, output, size } = options;
    const job = ++this.#lastJob;
    const giveUp = () => this.#post({ kind: 'abort', job });
    signal?.addEventListener('abort', giveUp);
    try {
      const handedOver = (picture.data?.buffer ?? picture) as Transferable;
      const finished = this.#wait<Finished>(job, options);
      this.#post({ kind: 'upscale', job, picture, colorSpace, output, size }, [handedOver]);
      return await finished;
    } finally {
      signal?.removeEventListener('abort', giveUp);
      this.#jobs.delete(job);
    }
  }

  /** Start helpers in further workers, one after another. */
  async employ_(
    count: number,
    open: () => Promise<EnginePort>,
    card: Card,
    files: ModelFiles,
  ): Promise<void> {
    for (let i = 0; i < count && !this.#dead; i++) {
      const helper = await open().catch(() => undefined);
      if (helper?.place !== 'worker' || this.#dead) return helper?.close();
      this.#helpers.push(helper);
      const { port1, port2 } = new MessageChannel();
      // The engine works without a helper that does not answer.
      helper.port.onmessage = () => this.#post({ kind: 'helper', port: port1 }, [port1]);
      helper.port.postMessage({ kind: 'help', card, files, port: port2 }, [port2]);
    }
  }

  /** End the engine; running jobs fail with `reason`. */
  close(reason: HalfsizeError = new Aborted()): void {
    for (const engine of [this.#engine, ...this.#helpers]) engine.close();
    this.#die(reason);
  }

  #post(message: ToEngine, transfer: Transferable[] = []): void {
    this.#engine.port.postMessage(message, transfer);
  }

  #wait<T>(job: number, options?: JobOptions) {
    return new Promise<T>((resolve, reject) => {
      if (this.#dead) throw this.#dead;
      this.#jobs.set(job, { resolve, reject, ...options });
    });
  }

  #handle(message: FromEngine): void {
    const job = this.#jobs.get('job' in message ? message.job : START);
    switch (message.kind) {
      case 'progress':
        job?.onProgress?.(message.done, message.total);
        this.hire_?.();
        this.hire_ = undefined;
        break;
      case 'started':
      case 'finished':
        job?.resolve(message as never);
        break;
      case 'refused':
        job?.reject(new NoBackend(message.reason));
        break;
      case 'rejected':
        job?.reject(new ModelMismatch(message.reason));
        break;
      case 'failed':
        job?.reject(errorOf(message.code, message.reason, job.signal?.reason));
    }
  }

  #die(error: HalfsizeError): void {
    this.#dead = error;
    for (const { reject } of this.#jobs.values()) reject(error);
  }
}
