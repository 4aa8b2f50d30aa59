import { type Card, parseCard } from '../card';
import { PlainError, sentenceOf } from '../errors';
import type { Comparison } from './comparison';
import { decode } from './decode';
import { type Choice, Engine } from './engine';
import type { PackedModel } from './parts';
import { advance, type Happening, type State } from './state';
import type { View } from './view';

/** One picture at a time from file to screen; a new one ends the one before. */
export class App {
  readonly #view: View;
  readonly #comparison: Comparison;
  #state: State = { kind: 'idle' };
  #run = { id: 0, abort: new AbortController() };
  #file: File | undefined;
  #model: PackedModel | undefined;
  #card: Card | undefined;
  #choice: Choice = 'auto';
  #engine: Promise<Engine> | undefined;

  constructor(view: View, comparison: Comparison) {
    this.#view = view;
    this.#comparison = comparison;
    this.#tell();
  }

  get file(): File | undefined {
    return this.#file;
  }

  get scale(): number {
    if (!this.#card) throw new PlainError('No model is chosen.');
    return this.#card.scale;
  }

  /** Take a model and a backend; a picture that is already there is enlarged again with them. */
  async configure(model: PackedModel, choice: Choice): Promise<void> {
    this.#dropEngine();
    this.#model = model;
    this.#choice = choice;
    this.#card = undefined;
    try {
      this.#card = parseCard(model.card);
    } catch (error) {
      this.#tell({ kind: 'unusable', sentence: sentenceOf(error, 'The model cannot be read') });
      return;
    }
    if (this.#file) await this.open(this.#file);
    else this.#tell({ kind: 'cleared' });
  }

  /** Say why nothing can be done here at all. */
  giveUp(sentence: string): void {
    this.#tell({ kind: 'unusable', sentence });
  }

  cancel(): void {
    this.#run.abort.abort();
    this.#file = undefined;
    this.#tell({ kind: 'cleared' });
  }

  async open(file: File): Promise<void> {
    const model = this.#model;
    if (!model || !this.#card) return;
    this.#run.abort.abort();
    const { id, abort } = { id: this.#run.id + 1, abort: new AbortController() };
    this.#run = { id, abort };
    this.#file = file;
    this.#tell({ kind: 'chosen', run: id, name: file.name });
    try {
      await this.#enlarge(file, model, id, abort.signal);
    } catch (error) {
      if (abort.signal.aborted) return;
      const sentence = sentenceOf(error, `“${file.name}” could not be enlarged`);
      this.#tell({ kind: 'failed', run: id, sentence });
    }
  }

  async #enlarge(file: File, model: PackedModel, run: number, signal: AbortSignal): Promise<void> {
    const { scale } = this;
    const { picture, bitmap } = await decode(file, scale);
    if (!signal.aborted) this.#comparison.showBefore(bitmap, scale);
    bitmap.close();
    signal.throwIfAborted();
    const from = { width: picture.width, height: picture.height };

    this.#tell({ kind: 'stepped', run, step: { kind: 'starting' } });
    const engine = await this.#startedEngine(model);
    signal.throwIfAborted();
    const onProgress = (done: number, total: number) =>
      this.#tell({ kind: 'stepped', run, step: { kind: 'enlarging', done, total } });
    const finished = await engine.upscale(picture, { signal, onProgress });
    signal.throwIfAborted();

    this.#comparison.showResult(finished.picture);
    const to = { width: finished.picture.width, height: finished.picture.height };
    const { milliseconds } = finished;
    const facts = { name: file.name, from, to, milliseconds, backend: engine.backend };
    this.#tell({ kind: 'finished', run, facts });
  }

  #startedEngine(model: PackedModel): Promise<Engine> {
    if (this.#engine) return this.#engine;
    const engine = Engine.start(model, this.#choice);
    engine.catch(() => {
      if (this.#engine === engine) this.#engine = undefined; // the next picture tries again
    });
    this.#engine = engine;
    return engine;
  }

  #dropEngine(): void {
    this.#run.abort.abort();
    this.#engine?.then(
      (engine) => engine.dispose(),
      () => undefined, // it never started, and whoever waited for it was told
    );
    this.#engine = undefined;
  }

  #tell(happening?: Happening): void {
    if (happening) this.#state = advance(this.#state, happening);
    this.#view.render(this.#state, this.#card);
  }
}
