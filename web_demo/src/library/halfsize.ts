import { type Backend, type BackendName, backendFor, isBackendName, isGpu } from '../core/backends';
import type { Card } from '../core/card';
import { Aborted, type HalfsizeError, NoBackend, OutOfMemory, Transparent } from '../core/errors';
import type { Output } from '../core/messages';
import type { Picture } from '../core/picture';
import { enlargedSize, isOfPhoto, type Size, scaleOf } from '../core/scale';
import {
  type ChooseOptions,
  type Chosen,
  type Refusal,
  startBest,
  startOnly,
} from './engines/choose';
import type { Place } from './engines/engine-port';
import type { Finished, JobOptions } from './engines/session';
import { extras, sentence, setFolder } from './lazy';
import { loadModel, type ModelSource } from './model/fetch-model';
import { requireDrawable } from './pictures/drawable';
import { type Outputs, toOutput } from './pictures/output';
import { openSource, type Source } from './pictures/source';
import type { Opened } from './types';

export type { Refusal } from './engines/choose';

export type LoadOptions = {
  /**
   * Run on this backend or fail. By default the fastest that works is found and remembered. For a model
   * exported for TF.js, `webgpu`, `webgl`, `wasm` and `cpu` mean TF.js's backends.
   */
  backend?: BackendName | 'auto';
  signal?: AbortSignal;
  /** Folder of the `engine-*.js` files; by default the folder of this script. */
  base?: string | URL;
  /** `page`: no worker, in slices short enough for frames. `auto` does so only if it must. */
  place?: Place;
  /** Side of a tile in pixels of the small picture, instead of one that suits the backend. */
  tilePx?: number;
  /** How many workers may share a picture on `wasm`; by default one for each core, at most 4. */
  workers?: number;
};

export type UpscaleOptions<O extends Output = Output> = {
  signal?: AbortSignal;
  /** Called after every tile. Starts over if memory ran out and tiles became smaller. */
  onProgress?: (done: number, total: number) => void;
  /** What the result is: `canvas` (default), `bitmap`, `imagedata`, or `blob` (PNG). */
  output?: O;
  /**
   * The photo's own size, which its reduced picture does not tell: sides were padded to multiples of 2,
   * or with a scale of 3/2 of 3. The result is cut to it, on the right and at the bottom.
   */
  size?: Size;
  /**
   * The same from one who cannot know: where it does not fit it is passed over.
   *
   * @internal
   */
  photo?: Size;
};

/** More workers would compete for memory and caches. */
const MOST_WORKERS = 4;

/** Measurements of the latest result. */
export type Upscaled = { milliseconds: number; width: number; height: number; tilePx: number };

/**
 * A model, ready to enlarge pictures.
 *
 *     const halfsize = await Halfsize.load('models/nano/');
 *     document.body.append(await halfsize.upscale(document.querySelector('img')));
 */
export class Halfsize {
  /** The model's card. */
  readonly card: Card;
  readonly #start: (transparent: boolean) => Promise<Chosen | undefined>;
  readonly #automatic: boolean;
  /** The backends that were refused, and why. */
  readonly refused: readonly Refusal[];
  #chosen: Chosen | undefined;
  #startingAgain: Promise<void> | undefined;
  #transparent = false;
  #disposed = false;
  /** Measurements of the latest picture. */
  last: Upscaled | undefined;

  private constructor(
    card: Card,
    start: (transparent: boolean) => Promise<Chosen | undefined>,
    automatic: boolean,
    refused: Refusal[],
    chosen: Chosen | undefined,
  ) {
    this.card = card;
    this.#start = start;
    this.#automatic = automatic;
    this.refused = refused;
    this.#chosen = chosen;
  }

  /**
   * Load a model and start the best backend for it.
   *
   * If no backend runs it, this does not fail: `backend` is `none`, and the browser's own scaling
   * enlarges pictures.
   *
   * @param model an export folder's address, or its files.
   * @throws ModelMismatch, Aborted; NoBackend only if `backend` names one.
   */
  static async load(model: ModelSource, options: LoadOptions = {}): Promise<Halfsize> {
    const { backend = 'auto', signal, base, place = 'auto', tilePx } = options;
    const { workers = Math.min(navigator.hardwareConcurrency || 1, MOST_WORKERS) } = options;
    setFolder(base);
    if (backend !== 'auto' && !isBackendName(backend)) {
      throw new NoBackend(await sentence('no such backend', backend));
    }
    if (signal?.aborted) throw new Aborted(signal.reason);
    const loaded = await loadModel(model, signal);
    const refused: Refusal[] = [];
    const start = async (transparent: boolean, signal?: AbortSignal) => {
      const choose: ChooseOptions = {
        place,
        base,
        tilePx,
        workers,
        signal,
        transparent,
      };
      return backend === 'auto'
        ? startBest(loaded, choose, refused)
        : startOnly(backendFor(backend, (await loaded.identity_).form), loaded, choose);
    };
    const chosen = await start(false, signal);
    const { card } = await loaded.content_;
    return new Halfsize(card, start, backend === 'auto', refused, chosen);
  }

  /** Where the model runs; `none`: every backend was refused, and the browser itself scales. */
  get backend(): Backend | 'none' {
    return this.#chosen?.started.backend ?? 'none';
  }

  /** Whether the model has golden vectors and the backend reproduced them. */
  get checked(): boolean {
    return this.#chosen?.started.checked ?? false;
  }

  /** Milliseconds per megapixel of result, from the probe; infinite without a backend. */
  get msPerMegapixel(): number {
    return this.#chosen?.started.msPerMegapixel ?? Number.POSITIVE_INFINITY;
  }

  /** How many times as wide and as high pictures become: 2, or 1.5. */
  get scale(): number {
    const { up, down } = scaleOf(this.card.scale);
    return up / down;
  }

  /** Whether the work is done in a worker, or in slices on the page. */
  get place(): 'worker' | 'page' {
    return this.#chosen?.session.place ?? 'page';
  }

  /**
   * Enlarge a picture. Several calls may run at once: they share the backend tile by tile.
   *
   * @throws UnsupportedImage, OutOfMemory, Aborted; NoReadback where the browser gives pages other
   *   pixels than those of the picture; RangeError for a `size` that does not belong to it.
   */
  async upscale<O extends Output = 'canvas'>(
    source: Source,
    options: UpscaleOptions<O> = {},
  ): Promise<Outputs[O]> {
    const { output = 'canvas', signal } = options;
    this.#requireUsable(signal);
    for (;;) {
      const result = await this.#upscale(source, { ...options, output }).catch(async (error) => {
        if (error.code === 'NoReadback') error.message ||= await sentence('no readback');
        throw error;
      });
      if (result) return result as Outputs[O];
    }
  }

  /** Undefined if the engine is gone and another was started. */
  async #upscale(
    source: Source,
    options: UpscaleOptions & { output: Output },
  ): Promise<Outputs[Output] | undefined> {
    const { signal, output } = options;
    const opened = await openSource(source, signal);
    const size = await this.#sizeOf(opened, options);
    await requireDrawable(size, output);
    this.#requireUsable(signal);
    const finished = await this.#enlarge(opened, { ...options, size });
    if (!finished) return undefined;
    const { picture, milliseconds, tilePx } = finished;
    this.last = { milliseconds, width: picture.width, height: picture.height, tilePx };
    return toOutput(picture, opened.colorSpace, output);
  }

  /** The size of a result. */
  async #sizeOf(small: Opened, { size, photo }: UpscaleOptions): Promise<Size> {
    const scale = scaleOf(this.card.scale);
    const [wanted, whole] = [size ?? photo, enlargedSize(small, scale)];
    if (wanted && isOfPhoto(wanted, small, scale)) return wanted;
    if (size) throw new RangeError(await sentence('other size', size, whole, scale));
    return whole;
  }

  /** End the worker and free the model. What is still running is aborted. */
  dispose(): void {
    this.#disposed = true;
    this.#chosen?.session.close();
  }

  /** Undefined if the engine cannot do it and another has replaced it. */
  async #enlarge(opened: Opened, options: JobOptions): Promise<Finished | undefined> {
    const chosen = this.#chosen;
    if (!chosen) {
      const started = performance.now();
      const whole = enlargedSize(opened, scaleOf(this.card.scale));
      const picture: Picture = await (await extras()).browserScaled_(opened, whole, options.size);
      return { picture, milliseconds: performance.now() - started, tilePx: 0 };
    }
    try {
      return await chosen.session.upscale(opened.picture, opened.colorSpace, options);
    } catch (error) {
      const lost = this.#automatic && isLost(error, chosen);
      if (this.#disposed || !(lost || error instanceof Transparent)) throw error;
      this.#startingAgain ??= this.#startAgain(chosen, error as HalfsizeError);
      await this.#startingAgain;
      return undefined;
    }
  }

  /** Start the next best backend where one was lost, or the engine that handles transparent pictures. */
  async #startAgain({ session, started }: Chosen, error: HalfsizeError): Promise<void> {
    session.close(error); // other pictures start over as well
    const { message: reason } = error;
    if (error instanceof Transparent) this.#transparent = true;
    else (this.refused as Refusal[]).push({ backend: started.backend, reason });
    try {
      this.#chosen = await this.#start(this.#transparent);
      if (this.#disposed) this.dispose(); // meanwhile
    } finally {
      this.#startingAgain = undefined;
    }
  }

  #requireUsable(signal: AbortSignal | undefined): void {
    if (this.#disposed) throw new Aborted('this model was disposed of');
    if (signal?.aborted) throw new Aborted(signal.reason);
  }
}

/** Whether another backend should continue: this one is gone, or is a GPU without free memory. */
function isLost(error: unknown, { started }: Chosen): boolean {
  return error instanceof NoBackend || (error instanceof OutOfMemory && isGpu(started.backend));
}
