import type { BackendName } from '../core/backends';
import { modelBytes } from '../core/card';
import { Aborted, ModelMismatch, sentenceOf } from '../core/errors';
import { Halfsize } from '../library/halfsize';
import type { Comparison } from './comparison';
import { loadPart } from './parts';
import { compressed, type Prepared, prepare, type Treatment } from './prepare';
import { advance, type Facts, type Happening, type State } from './state';
import type { View } from './view';

export type Choice = BackendName | 'auto';

/** The values of the selects. */
export type Settings = { model: string; scale: number; backend: Choice; treatment: Treatment };

/** One picture at a time from file to screen; a new one ends the previous one. */
export class App {
  readonly #view: View;
  readonly #comparison: Comparison;
  #state: State = { kind: 'idle' };
  #run = { id: 0, abort: new AbortController() };
  #file: File | undefined;
  #settings: Settings | undefined;
  #halfsize: Promise<Halfsize> | undefined;

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
    if (before?.model !== settings.model || before.backend !== settings.backend) this.#drop();
    this.#settings = settings;
    if (this.#file) await this.open(this.#file);
    else this.#tell({ kind: 'cleared' });
  }

  /** Show why the page cannot be used at all. */
  giveUp(sentence: string): void {
    this.#tell({ kind: 'unusable', sentence });
  }

  cancel(): void {
    this.#run.abort.abort();
    this.#file = undefined;
    this.#tell({ kind: 'cleared' });
  }

  async open(file: File): Promise<void> {
    const settings = this.#settings;
    if (!settings) return;
    this.#run.abort.abort();
    const { id, abort } = { id: this.#run.id + 1, abort: new AbortController() };
    this.#run = { id, abort };
    this.#file = file;
    this.#tell({ kind: 'chosen', run: id, name: file.name });
    try {
      await this.#enlarge(file, settings, id, abort.signal);
    } catch (error) {
      if (abort.signal.aborted || error instanceof Aborted) return;
      const sentence = sentenceOf(error, `“${file.name}” could not be enlarged`);
      this.#tell({ kind: 'failed', run: id, sentence });
    }
  }

  /** The model on the chosen backend, started when it is first needed. */
  async halfsize(): Promise<Halfsize> {
    const settings = this.#settings;
    if (!settings) throw new ModelMismatch('No model is chosen.');
    if (this.#halfsize) return this.#halfsize;
    const halfsize = loadPart('models').then(() =>
      Halfsize.load(settings.model, { backend: settings.backend }),
    );
    halfsize.catch(() => {
      if (this.#halfsize === halfsize) this.#halfsize = undefined; // the next picture tries again
    });
    this.#halfsize = halfsize;
    return halfsize;
  }

  async #enlarge(file: File, settings: Settings, run: number, signal: AbortSignal): Promise<void> {
    this.#tell({ kind: 'stepped', run, step: { kind: 'opening' } });
    // Decoded before anything is downloaded: a file that is not a picture fails at once.
    const prepared = await prepare(file, settings.treatment, settings.scale);
    try {
      if (signal.aborted) return;
      this.#comparison.showBefore(prepared.half, prepared.original, settings.scale);
      this.#tell({ kind: 'stepped', run, step: { kind: 'starting' } });
      const halfsize = await this.halfsize();
      if (signal.aborted) return;
      const onProgress = (done: number, total: number) =>
        this.#tell({ kind: 'stepped', run, step: { kind: 'enlarging', done, total } });
      const canvas = await halfsize.upscale(prepared.half, { signal, onProgress });
      const facts = await factsOf(file, prepared, halfsize, canvas);
      if (signal.aborted) return;
      this.#comparison.showResult(canvas);
      this.#tell({ kind: 'finished', run, facts });
    } finally {
      prepared.half.close();
      prepared.original?.close();
    }
  }

  #drop(): void {
    this.#run.abort.abort();
    this.#halfsize?.then(
      (halfsize) => halfsize.dispose(),
      () => undefined, // it never started, and its caller has the error
    );
    this.#halfsize = undefined;
  }

  #tell(happening?: Happening): void {
    if (happening) this.#state = advance(this.#state, happening);
    this.#view.render(this.#state);
  }
}

async function factsOf(
  file: File,
  prepared: Prepared,
  halfsize: Halfsize,
  canvas: HTMLCanvasElement,
): Promise<Facts> {
  const { width, height } = canvas;
  const { card, scale, backend } = halfsize;
  const sizes = globalThis.halfsizeParts?.sizes ?? {};
  // A site that uses the element sends its script as well.
  const sent = ['half-size', 'halfsize', `engine-${backend}`];
  const runtime = sent.reduce((sum, script) => sum + (sizes[script] ?? 0), 0);
  return {
    name: file.name,
    from: { width: Math.round(width / scale), height: Math.round(height / scale) },
    to: { width, height },
    milliseconds: halfsize.last?.milliseconds ?? 0,
    backend,
    checked: halfsize.checked,
    refused: halfsize.refused.map((refusal) => ({ ...refusal })),
    modelBytes: modelBytes(card).raw,
    isFullKnown: prepared.fullBytes !== undefined,
    account: {
      full: prepared.fullBytes ?? (await compressed(canvas, width, height)).size,
      half: prepared.halfBytes,
      runtime,
      model: modelBytes(card).gzip,
    },
  };
}
