import { Aborted } from '../../core/errors';
import type { Answers, FromJudge, Opened, Question, ToJudge } from '../../quality/messages';
import type { Ratio } from '../../quality/reduce';
import type { Pixels } from '../../quality/ssimulacra2';
import { type Drawn, readPixels, rowsOf } from '../drawn';
import type { FileType } from '../encode';
import { loadPart } from '../parts';

/** WebKit's workers read no files if the page was opened from disk. */
let isReadInWorkers = true;

type Waiting = { resolve: (answer: never) => void; reject: (error: Error) => void };

/** A photo in a worker of its own, where it is reduced and pictures are scored against it. */
export class Photo {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #asked = 0;
  #opened: Opened = { judged: { x: 0, y: 0, width: 0, height: 0 }, isOpaque: false };
  readonly width: number;
  readonly height: number;

  private constructor(worker: Worker, { width, height }: Drawn) {
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
  static async open(picture: Drawn): Promise<Photo | undefined> {
    if (typeof Worker !== 'function' || typeof OffscreenCanvas !== 'function') return undefined;
    const url = URL.createObjectURL(
      new Blob([await loadPart('judge', 'halfsize-judge')], { type: 'text/javascript' }),
    );
    const photo = new Photo(new Worker(url), picture);
    try {
      photo.#opened = await (picture instanceof ImageBitmap
        ? photo.#give(await createImageBitmap(picture))
        : photo.#giveInParts(picture));
    } finally {
      URL.revokeObjectURL(url);
    }
    return photo;
  }

  #give(photo: ImageBitmap): Promise<Opened> {
    return this.#ask({ kind: 'open', photo }, [photo]);
  }

  async #giveInParts(picture: Drawn): Promise<Opened> {
    const { width, height } = picture;
    let opened: Opened | undefined;
    for await (const { y, data } of rowsOf(picture)) {
      opened = await this.#ask({ kind: 'rows', y, data, width, height }, [data.buffer]);
    }
    if (!opened) throw new Error('the picture has no pixels');
    return opened;
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

  /**
   * The photo, or the part of it that is scored, made smaller by a ratio as publishing does it, as a
   * file.
   */
  write(ratio: Ratio, isWhole: boolean, type: FileType, quality: number): Promise<Blob> {
    return this.#ask({ kind: 'write', ratio, isWhole, type, quality });
  }

  /** The SSIMULACRA2 score of a picture of the judged part: of its file, or of its pixels. */
  async score(picture: Blob | Pixels): Promise<number> {
    if (!(picture instanceof Blob)) return this.#ask({ kind: 'score', picture });
    if (isReadInWorkers) {
      try {
        return await this.#ask({ kind: 'score', picture });
      } catch (error) {
        if (error instanceof Aborted) throw error;
        isReadInWorkers = false;
      }
    }
    const bitmap = await createImageBitmap(picture);
    const { width, height, data } = await readPixels(bitmap);
    bitmap.close();
    return this.#ask({ kind: 'score', picture: { width, height, data } }, [data.buffer]);
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
