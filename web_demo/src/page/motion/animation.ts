import { Aborted, sentenceOf } from '../../core/errors';
import type { App } from '../app';
import { writes } from '../encode';
import { find } from '../find';
import { loadPart } from '../parts';
import { savedName } from '../words';
import { countInWords, framesOfFile } from './frames';
import { stillOf, type WebpFrame, writeWebp } from './webp';

type Frame = { before: ImageBitmap; after: ImageBitmap; milliseconds: number };

/** More frames than this are not kept in memory. */
const MOST_FRAMES = 240;

/** Quality of saved WebP frames: higher than sites use, because they may be compressed again. */
const WEBP_QUALITY = 0.92;

/** The animation tab: every frame enlarged, played next to the browser's scaling. */
export class Animation {
  readonly #app: App;
  readonly #before = find('motion-before', HTMLCanvasElement);
  readonly #after = find('motion-after', HTMLCanvasElement);
  readonly #status = find('motion-status', HTMLElement);
  readonly #play = find('motion-play', HTMLButtonElement);
  readonly #saves = {
    webp: find('motion-save-webp', HTMLButtonElement),
    gif: find('motion-save', HTMLButtonElement),
  };
  #frames: Frame[] = [];
  #name = '';
  #scale = 1;
  #work = new AbortController();
  #timer = 0;
  #shown = 0;
  #paused = matchMedia('(prefers-reduced-motion: reduce)').matches;

  constructor(app: App) {
    this.#app = app;
    this.#play.addEventListener('click', () => this.#pause(!this.#paused));
    this.#saves.webp.addEventListener('click', () => void this.#write('webp'));
    this.#saves.gif.addEventListener('click', () => void this.#write('gif'));
    this.#pause(this.#paused);
    void writes('image/webp').then((does) => {
      this.#saves.webp.hidden = !does;
    });
  }

  async open(file: File): Promise<void> {
    this.#clear();
    const { signal } = this.#work;
    this.#name = file.name;
    try {
      this.#say(`Opening “${file.name}”…`, 'working');
      const halfsize = await this.#app.halfsize();
      this.#scale = halfsize.scale;
      let [alone, cut] = [false, false];
      for await (const { bitmap, milliseconds, index, isAlone = false } of framesOfFile(file)) {
        alone = isAlone;
        cut = index >= MOST_FRAMES;
        if (signal.aborted || cut) break;
        const after = await halfsize.upscale(bitmap, { signal, output: 'bitmap' });
        this.#frames.push({ before: bitmap, after, milliseconds });
        if (index === 0) this.#fit(after);
        this.#draw(index);
        this.#say(`Enlarging “${file.name}”: frame ${index + 1}…`, 'working');
      }
      if (signal.aborted) return;
      const words = countInWords(this.#frames.length, alone, cut);
      this.#say(`“${file.name}” is enlarged: ${words}.`, 'done');
      this.#next();
    } catch (error) {
      if (signal.aborted || error instanceof Aborted) return;
      this.#say(sentenceOf(error, `“${file.name}” could not be enlarged`), 'error');
    }
  }

  /** Start over: frames of bitmaps hold memory until they are closed. */
  #clear(): void {
    this.#work.abort();
    this.#work = new AbortController();
    clearTimeout(this.#timer);
    for (const { before, after } of this.#frames) {
      before.close();
      after.close();
    }
    this.#frames = [];
    this.#shown = 0;
  }

  #fit({ width, height }: ImageBitmap): void {
    for (const canvas of [this.#before, this.#after]) {
      canvas.width = width;
      canvas.height = height;
    }
  }

  #draw(index: number): void {
    const frame = this.#frames[index];
    if (!frame) return;
    for (const [canvas, bitmap] of [
      [this.#before, frame.before],
      [this.#after, frame.after],
    ] as const) {
      // In main memory, as the photos' canvases: they are hidden with their tab.
      const context = canvas.getContext('2d', { willReadFrequently: true });
      if (!context) continue;
      context.imageSmoothingQuality = 'high';
      context.clearRect(0, 0, canvas.width, canvas.height);
      context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    }
  }

  #next(): void {
    clearTimeout(this.#timer);
    this.#draw(this.#shown);
    const frame = this.#frames[this.#shown];
    if (!frame || this.#paused || this.#frames.length < 2) return;
    this.#timer = window.setTimeout(() => {
      this.#shown = (this.#shown + 1) % this.#frames.length;
      this.#next();
    }, frame.milliseconds);
  }

  #pause(paused: boolean): void {
    this.#paused = paused;
    this.#play.textContent = paused ? 'Play' : 'Pause';
    this.#next();
  }

  async #write(format: 'gif' | 'webp'): Promise<void> {
    for (const button of Object.values(this.#saves)) button.disabled = true;
    try {
      const link = document.createElement('a');
      link.href = URL.createObjectURL(await (format === 'gif' ? this.#gif() : this.#webp()));
      link.download = savedName(this.#name, this.#scale, format);
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    } catch (error) {
      // It is still there: the other button may work.
      this.#say(sentenceOf(error, 'The animation could not be saved'), 'done');
    } finally {
      for (const button of Object.values(this.#saves)) button.disabled = false;
    }
  }

  async #gif(): Promise<Blob> {
    const { write } = await loadPart('gif');
    const { width, height } = this.#after;
    const frames = this.#frames.map(({ after, milliseconds }) => ({
      data: drawn(after).context.getImageData(0, 0, width, height)
        .data as Uint8ClampedArray<ArrayBuffer>,
      milliseconds: saved(milliseconds),
    }));
    return write(width, height, frames);
  }

  async #webp(): Promise<Blob> {
    const { width, height } = this.#after;
    const frames: WebpFrame[] = [];
    for (const { after, milliseconds } of this.#frames) {
      const still = await stillOf(drawn(after).canvas, WEBP_QUALITY);
      frames.push({ still, milliseconds: saved(milliseconds) });
    }
    return writeWebp(width, height, frames);
  }

  #say(text: string, state: 'working' | 'done' | 'error'): void {
    this.#status.textContent = text;
    find('motion', HTMLElement).dataset.state = state;
  }
}

/** How long a saved frame is shown; a still has no end, which a file cannot express. */
function saved(milliseconds: number): number {
  return Number.isFinite(milliseconds) ? milliseconds : 100;
}

function drawn(bitmap: ImageBitmap): {
  canvas: HTMLCanvasElement;
  context: CanvasRenderingContext2D;
} {
  const canvas = document.createElement('canvas');
  canvas.width = bitmap.width;
  canvas.height = bitmap.height;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) throw new Error('the browser gave no canvas');
  context.drawImage(bitmap, 0, 0);
  return { canvas, context };
}
