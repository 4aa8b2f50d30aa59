import { formOf, modelBytes } from '../../core/card';
import { Aborted, sentenceOf } from '../../core/errors';
import type { Halfsize } from '../../library/halfsize';
import { find } from '../find';
import { clearChart, drawChart, type Once } from './chart';
import { missingInWords, writtenCodecs } from './codecs';
import { best, compareFiles, type Form, FULL, type Row } from './compare';
import type { Photo } from './photo';
import { accountInWords, formInWords } from './sentences';

export type Weighed = {
  /** Undefined where a small picture was given, or where the browser cannot compare. */
  photo: Photo | undefined;
  isFull: boolean;
  /** The ways to send it besides full size, that of the picture shown first. */
  forms: readonly Form[];
  target: number;
  /** A model, ready to run. */
  halfsize: (model: string) => Promise<Halfsize>;
};

/** Below this a score says little. */
const SMALLEST_PX = 32;

/** What it costs to send a photo, at the same quality in every form: measured in the background. */
export class Meter {
  readonly #account = find('account', HTMLElement);
  readonly #notes = find('meter-notes', HTMLElement);
  #work = new AbortController();

  stop(): void {
    this.#work.abort();
    this.#work = new AbortController();
    this.#say('', 'none');
    this.#notes.textContent = '';
    clearChart();
  }

  /** @returns the files that were found; undefined if there is nothing to compare, or no longer. */
  async weigh(weighed: Weighed): Promise<readonly Row[] | undefined> {
    this.stop();
    const { signal } = this.#work;
    const { photo } = weighed;
    const reason = reasonNotTo(weighed);
    if (!photo || reason) {
      this.#say(reason ?? '', 'none');
      return undefined;
    }
    try {
      return await this.#weigh({ ...weighed, photo }, signal);
    } catch (error) {
      if (signal.aborted || error instanceof Aborted) return undefined;
      this.#say(sentenceOf(error, 'The files could not be compared'), 'done');
      return undefined;
    }
  }

  async #weigh(
    { photo, forms, target, halfsize }: Weighed & { photo: Photo },
    signal: AbortSignal,
  ): Promise<readonly Row[]> {
    this.#say('Looking for the smallest files that look this good…', 'comparing');
    const { written, missing } = await writtenCodecs();
    const onces = new Map<Form, Once>();
    for (const form of forms) onces.set(form, onceOf(await halfsize(form.model)));
    const [first] = forms;
    const draw = (rows: readonly Row[]) => {
      if (signal.aborted) return;
      const form = best(rows, false)?.form ?? first;
      drawChart(rows, (form && onces.get(form)) ?? { runtime: 0, model: 0 });
    };
    if (signal.aborted) throw new Aborted(signal.reason);
    const part = photo.isJudgedWhole
      ? ''
      : `Scores are those of the middle ${photo.judged.width} × ${photo.judged.height} pixels, bytes those of whole files.`;
    this.#notes.textContent = [missingInWords(missing), part].filter(Boolean).join(' ');
    const rows = await compareFiles({
      photo,
      codecs: written,
      forms: [FULL, ...forms],
      target,
      signal,
      onChange: draw,
      enlarge: async (form, file, { width, height }) => {
        const model = await halfsize(form.model);
        const { data } = await model.upscale(file, {
          size: { width, height },
          output: 'imagedata',
          signal,
        });
        return { data: data as Uint8ClampedArray, width, height };
      },
    });
    const small = best(rows, false);
    const once = small && onces.get(small.form);
    const account = {
      full: best(rows, true)?.found?.bytes,
      small: small?.found?.bytes,
      how: small ? `${formInWords(small.form.scale)} as ${small.codec.name}` : '',
      once: once ? once.runtime + once.model : 0,
    };
    this.#say(accountInWords(account), 'done');
    return rows;
  }

  #say(text: string, state: 'none' | 'comparing' | 'done'): void {
    this.#account.textContent = text;
    document.documentElement.dataset.account = state;
  }
}

/** Why nothing is compared; undefined if something is. */
function reasonNotTo({ photo, isFull }: Weighed): string | undefined {
  if (!isFull) {
    return 'Only the small picture is here, so nothing can be compared. Choose a photo at full size, or say below that yours is.';
  }
  if (!photo) return 'This browser cannot compare files in the background.';
  if (!photo.isOpaque) {
    return 'Transparent pictures are not compared: a JPEG cannot hold them, and the score passes over what is transparent.';
  }
  if (Math.min(photo.judged.width, photo.judged.height) < SMALLEST_PX) {
    return 'This picture is too small to be compared.';
  }
  return undefined;
}

/** What a reader downloads once, gzipped. A site that uses the element sends its script as well. */
export function onceOf({ card, backend }: Halfsize): Once {
  const sizes = globalThis.halfsizeParts?.sizes ?? {};
  const sent = [
    'half-size',
    'halfsize',
    `engine-${backend}${formOf(card) === 'integer' ? '-integer' : ''}`,
  ];
  const runtime = sent.reduce((sum, script) => sum + (sizes[script] ?? 0), 0);
  return { runtime, model: modelBytes(card).gzip };
}
