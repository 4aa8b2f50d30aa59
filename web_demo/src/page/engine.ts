import { BACKEND_LABELS, BACKENDS, type Backend } from '../backend-names';
import { bytesFromBase64 } from '../base64';
import { PlainError } from '../errors';
import type { FromWorker, ToWorker } from '../messages';
import type { Picture } from '../picture';
import { loadPart, type PackedModel, unpackFiles } from './parts';

export type Choice = Backend | 'auto';

type Start = Extract<FromWorker, { kind: 'started' | 'refused' | 'rejected' }>;
type Finished = Extract<FromWorker, { kind: 'finished' }>;
type Pending<T> = { resolve: (value: T) => void; reject: (error: unknown) => void };
type Job = Pending<Finished> & { onProgress: (done: number, total: number) => void };

/** A worker with one model on one backend. */
export class Engine {
  readonly #url: string;
  readonly #worker: Worker;
  readonly #jobs = new Map<number, Job>();
  #start: Pending<Start> | undefined;
  #lastJob = 0;
  #backend: Backend | undefined;

  private constructor(source: string) {
    // A worker from a blob URL starts on file:// too, where one from a file may not.
    this.#url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
    this.#worker = new Worker(this.#url);
    this.#worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.#handle(data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#failAll(new PlainError(`The upscaler stopped unexpectedly: ${event.message}.`));
    };
  }

  /** Start `choice`, or for `auto` the first backend that starts. Throws PlainError if none does. */
  static async start(model: PackedModel, choice: Choice): Promise<Engine> {
    const engine = new Engine(await loadPart('engine'));
    try {
      await engine.#startFirst(model, choice === 'auto' ? BACKENDS : [choice]);
      return engine;
    } catch (error) {
      engine.dispose();
      throw error;
    }
  }

  get backend(): Backend {
    if (!this.#backend) throw new Error('the engine has not started');
    return this.#backend;
  }

  /** Enlarge a picture, whose buffer is handed over. Rejects with the signal's reason on abort. */
  async upscale(
    picture: Picture,
    options: { signal: AbortSignal; onProgress: (done: number, total: number) => void },
  ): Promise<Finished> {
    const { signal, onProgress } = options;
    signal.throwIfAborted();
    const job = ++this.#lastJob;
    const giveUp = () => this.#post({ kind: 'abort', job });
    signal.addEventListener('abort', giveUp, { once: true });
    try {
      return await new Promise<Finished>((resolve, reject) => {
        this.#jobs.set(job, { resolve, reject, onProgress });
        this.#post({ kind: 'upscale', job, picture }, [picture.data.buffer]);
      });
    } finally {
      signal.removeEventListener('abort', giveUp);
      this.#jobs.delete(job);
    }
  }

  dispose(): void {
    this.#worker.terminate();
    URL.revokeObjectURL(this.#url);
    this.#failAll(new PlainError('The upscaler was stopped.'));
  }

  async #startFirst(model: PackedModel, candidates: readonly Backend[]): Promise<void> {
    let reason = '';
    for (const backend of candidates) {
      const answer = await this.#tryStart(model, backend);
      if (answer.kind === 'rejected') throw new PlainError(answer.reason);
      if (answer.kind === 'started') {
        this.#backend = backend;
        return;
      }
      reason = answer.reason;
    }
    const [only] = candidates;
    throw new PlainError(
      candidates.length === 1 && only
        ? `${BACKEND_LABELS[only]} cannot be used in this browser. Choose “Automatic” instead. (${reason})`
        : `This browser offers nothing that the upscaler can run on. (${reason})`,
    );
  }

  async #tryStart(model: PackedModel, backend: Backend): Promise<Start> {
    const message: ToWorker = {
      kind: 'start',
      backend,
      card: model.card,
      files: unpackFiles(model),
    };
    if (backend === 'wasm') {
      const { simd, plain } = await loadPart('wasm');
      message.wasm = { simd: bytesFromBase64(simd), plain: bytesFromBase64(plain) };
    }
    return new Promise((resolve, reject) => {
      this.#start = { resolve, reject };
      this.#post(message);
    });
  }

  #handle(message: FromWorker): void {
    if (message.kind === 'started' || message.kind === 'refused' || message.kind === 'rejected') {
      this.#start?.resolve(message);
      return;
    }
    const job = this.#jobs.get(message.job);
    switch (message.kind) {
      case 'progress':
        job?.onProgress(message.done, message.total);
        break;
      case 'finished':
        job?.resolve(message);
        break;
      case 'failed':
        job?.reject(new PlainError(message.reason));
        break;
      case 'aborted':
        job?.reject(new DOMException('the job was given up', 'AbortError'));
        break;
    }
  }

  #failAll(error: PlainError): void {
    this.#start?.reject(error);
    for (const { reject } of this.#jobs.values()) reject(error);
  }

  #post(message: ToWorker, transfer: Transferable[] = []): void {
    this.#worker.postMessage(message, transfer);
  }
}
