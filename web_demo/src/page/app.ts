import type { BackendName } from '../core/backends';
import { modelBytes } from '../core/card';
import { Aborted, ModelMismatch, sentenceOf } from '../core/errors';
import { enlargedSize, type Scale, type Size } from '../core/scale';
import { Halfsize } from '../library/halfsize';
import { best, type Form } from './account/compare';
import { Meter } from './account/meter';
import type { Photo } from './account/photo';
import type { Comparison } from './comparison';
import { close, type Drawn, readPixels } from './drawn';
import { loadPart } from './parts';
import { open, type Prepared, prepare, type Treatment } from './prepare';
import { advance, type Facts, type Happening, type State } from './state';
import type { View } from './view';

export type Choice = BackendName | 'auto';

/** The values of the selects. */
export type Settings = {
  model: string;
  scale: Scale;
  /** The ways to send a photo that are compared: the chosen one first. */
  forms: readonly Form[];
  backend: Choice;
  treatment: Treatment;
  /** The SSIMULACRA2 score that compared files reach. */
  target: number;
};

/** What one picture needs from file to screen. */
type Run = { id: number; name: string; abort: AbortController; photo?: Photo | undefined };

/** One picture at a time from file to screen; a new one ends the previous one. */
export class App {
  readonly #view: View;
  readonly #comparison: Comparison;
  readonly #meter = new Meter();
  readonly #models = new Map<string, Promise<Halfsize>>();
  #state: State = { kind: 'idle' };
  #run: Run = { id: 0, name: '', abort: new AbortController() };
  #file: File | undefined;
  #settings: Settings | undefined;

  constructor(view: View, comparison: Comparison) {
    this.#view = view;
    this.#comparison = comparison;
    this.#tell();
  }

  get file(): File | undefined {
    return this.#file;
  }

  /** Take settings; a picture that is already there is enlarged again with them. */
  async configure(settings: Settings): Promise<void> {
    const before = this.#settings;
    if (before?.backend !== settings.backend) this.#drop();
    this.#settings = settings;
    const isSame =
      JSON.stringify({ ...before, target: settings.target }) === JSON.stringify(settings);
    if (isSame && this.#state.kind === 'done') await this.#weigh(this.#run);
    else if (this.#file) await this.open(this.#file);
    else this.#tell({ kind: 'cleared' });
  }

  /** Show why the page cannot be used at all. */
  giveUp(sentence: string): void {
    this.#tell({ kind: 'unusable', sentence });
  }

  cancel(): void {
    this.#end();
    this.#file = undefined;
    this.#tell({ kind: 'cleared' });
  }

  async open(file: File): Promise<void> {
    const settings = this.#settings;
    if (!settings) return;
    this.#end();
    const run: Run = { id: this.#run.id + 1, name: file.name, abort: new AbortController() };
    this.#run = run;
    this.#file = file;
    this.#tell({ kind: 'chosen', run: run.id, name: file.name });
    const { signal } = run.abort;
    try {
      await this.#enlarge(file, settings, run);
    } catch (error) {
      if (signal.aborted || error instanceof Aborted) return;
      const sentence = sentenceOf(error, `“${file.name}” could not be enlarged`);
      this.#tell({ kind: 'failed', run: run.id, sentence });
      return;
    }
    if (!signal.aborted) await this.#weigh(run);
  }

  /** The chosen model on the chosen backend. */
  async halfsize(): Promise<Halfsize> {
    const settings = this.#settings;
    if (!settings) throw new ModelMismatch('No model is chosen.');
    return this.#model(settings.model, settings.backend);
  }

  /** A model on a backend, started when it is first needed. */
  #model(name: string, backend: Choice): Promise<Halfsize> {
    const known = this.#models.get(name);
    if (known) return known;
    const halfsize = loadPart('models').then(() => Halfsize.load(name, { backend }));
    halfsize.catch(() => {
      // The next picture tries again.
      if (this.#models.get(name) === halfsize) this.#models.delete(name);
    });
    this.#models.set(name, halfsize);
    return halfsize;
  }

  async #enlarge(file: File, settings: Settings, run: Run): Promise<void> {
    const { signal } = run.abort;
    this.#tell({ kind: 'stepped', run: run.id, step: { kind: 'opening' } });
    // Decoded before anything is downloaded: a file that is not a picture fails at once.
    const prepared = await prepare(file, settings.treatment, settings.scale);
    try {
      run.photo = prepared.photo;
      if (signal.aborted) {
        prepared.photo?.close();
        close(prepared.original);
        return;
      }
      const size = sizeOf(prepared, settings.scale);
      await this.#comparison.showBefore(prepared.small, prepared.original, size);
      if (signal.aborted) return;
      this.#tell({ kind: 'stepped', run: run.id, step: { kind: 'starting' } });
      const halfsize = await this.halfsize();
      if (signal.aborted) return;
      const onProgress = (done: number, total: number) =>
        this.#tell({ kind: 'stepped', run: run.id, step: { kind: 'enlarging', done, total } });
      const source = await sourceOf(prepared.small, halfsize);
      const canvas = await halfsize.upscale(source, { signal, onProgress, size });
      if (signal.aborted) return;
      const facts = factsOf(file.name, prepared, halfsize, canvas);
      this.#comparison.showResult(canvas);
      this.#tell({ kind: 'finished', run: run.id, facts });
    } finally {
      close(prepared.small);
    }
  }

  /** Compare files of the same quality, and show the picture that the chosen form then gives. */
  async #weigh(run: Run): Promise<void> {
    const settings = this.#settings;
    if (!settings) return;
    const { forms, target, backend, model } = settings;
    const { photo } = run;
    const isFull = this.#comparison.hasOriginal;
    const halfsize = (name: string) => this.#model(name, backend);
    const rows = await this.#meter.weigh({ photo, isFull, forms, target, halfsize });
    const shown = rows && best(rows, false, model)?.found;
    // Where it fails, the first picture stays, and the facts say which file it is of.
    if (shown) await this.#showSent(run, shown.file, shown.quality).catch(() => undefined);
  }

  async #showSent(run: Run, file: Blob, quality: number): Promise<void> {
    const { signal } = run.abort;
    if (!run.photo || signal.aborted) return;
    const { width, height } = run.photo;
    const halfsize = await this.halfsize();
    const small = await open(file, run.photo);
    const source = await sourceOf(small, halfsize);
    const canvas = await halfsize.upscale(source, { signal, size: { width, height } });
    if (signal.aborted) return;
    await this.#comparison.replace(small, canvas);
    const facts = factsOf(run.name, { small, file, quality }, halfsize, canvas);
    close(small);
    this.#tell({ kind: 'compared', run: run.id, facts });
  }

  #end(): void {
    this.#run.abort.abort();
    this.#run.photo?.close();
    this.#meter.stop();
  }

  #drop(): void {
    this.#end();
    for (const halfsize of this.#models.values()) {
      halfsize.then(
        (started) => started.dispose(),
        () => undefined, // it never started, and its caller has the error
      );
    }
    this.#models.clear();
  }

  #tell(happening?: Happening): void {
    if (happening) this.#state = advance(this.#state, happening);
    this.#view.render(this.#state);
  }
}

/** What is enlarged: pixels of a large picture, which cross to a worker at no cost. */
function sourceOf(small: Drawn, { backend }: Halfsize): Promise<Drawn | ImageData> | Drawn {
  const stays = small instanceof ImageBitmap || backend === 'webgpu';
  return stays ? small : readPixels(small);
}

/** The size that a picture is shown in: that of the photo, or all of the enlarged picture. */
function sizeOf({ small, original }: Prepared, scale: Scale): Size {
  const { width, height } = original ?? enlargedSize(small, scale);
  return { width, height };
}

function factsOf(
  name: string,
  { small, file, quality }: Pick<Prepared, 'small' | 'file' | 'quality'>,
  { card, backend, checked, refused, last }: Halfsize,
  { width, height }: HTMLCanvasElement,
): Facts {
  return {
    name,
    from: { width: small.width, height: small.height },
    to: { width, height },
    sent: { bytes: file.size, type: file.type, quality },
    milliseconds: last?.milliseconds ?? 0,
    backend,
    checked,
    refused: refused.map((refusal) => ({ ...refusal })),
    model: modelBytes(card),
  };
}
