import { Aborted } from '../../core/errors';
import type { Answers, FromJudge, Opened, Question, ToJudge } from '../../quality/messages';
import type { Ratio } from '../../quality/reduce';
import type { Pixels } from '../../quality/ssimulacra2';
import { loadPart } from '../parts';

type Waiting = { resolve: (answer: never) => void; reject: (error: Error) => void };

/** A photo in a worker of its own, where it is reduced and pictures are scored against it. */
export class Photo {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #asked = 0;
  #opened: Opened = { judged: { x: 0, y: 0, width: 0, height: 0 }, isOpaque: false };
  readonly width: number;
  readonly height: number;

  private constructor(worker: Worker, { width, height }: ImageBitmap) {
    this.#worker = worker;
    this.width = width;
    this.height = height;
    worker.onmessage = ({ data }: MessageEvent<FromJudge>) => {
      const waiting = this.#waiting.get(data.id);
      this.#waiting.delete(data.id);
      if ('reason' in data) waiting?.reject(new Error(data.reason));
      else waiting?.resolve(data.answer as never);
    };
    worker.onerror = (event) => this.#end(new Error(event.message));
  }

  /** Undefined where the browser cannot do this off the page. */
  static async open(bitmap: ImageBitmap): Promise<Photo | undefined> {
    if (typeof Worker !== 'function' || typeof OffscreenCanvas !== 'function') return undefined;
    const url = URL.createObjectURL(
      new Blob([await loadPart('judge', 'halfsize-judge')], { type: 'text/javascript' }),
    );
    const photo = new Photo(new Worker(url), bitmap);
    try {
      const copy = await createImageBitmap(bitmap);
      photo.#opened = await photo.#ask({ kind: 'open', bitmap: copy }, [copy]);
    } finally {
      URL.revokeObjectURL(url);
    }
    return photo;
  }

  /** The part that is scored: all of it, or the middle of a large one. */
  get judged(): Opened['judged'] {
    return this.#opened.judged;
  }

  get isOpaque(): boolean {
    return this.#opened.isOpaque;
  }

  /** Whether all of the photo is scored. */
  get isJudgedWhole(): boolean {
    return this.judged.width === this.width && this.judged.height === this.height;
  }

  /** The photo, or the part of it that is scored, made smaller by a ratio as publishing does it. */
  async reduced(ratio: Ratio, isWhole: boolean): Promise<ImageBitmap> {
    const { data, width, height } = await this.#ask({ kind: 'reduce', ratio, isWhole });
    return createImageBitmap(new ImageData(data as Uint8ClampedArray<ArrayBuffer>, width, height));
  }

  /** The SSIMULACRA2 score of a picture of the judged part: of its file, or of its pixels. */
  score(picture: Blob | Pixels): Promise<number> {
    return this.#ask({ kind: 'score', picture });
  }

  /** What is still asked ends as aborted. */
  close(): void {
    this.#end(new Aborted('another photo was chosen'));
  }

  #ask<Kind extends keyof Answers>(
    question: Question & { kind: Kind },
    transfer: Transferable[] = [],
  ): Promise<Answers[Kind]> {
    const id = this.#asked++;
    return new Promise<Answers[Kind]>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ id, question } satisfies ToJudge, transfer);
    });
  }

  #end(error: Error): void {
    this.#worker.terminate();
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

declare module '../../library/parts' {
  interface Parts {
    /** The text of the worker. */
    judge?: string;
  }
}
