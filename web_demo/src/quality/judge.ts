/** The demo page's worker, built to dist/halfsize-judge.js: it reduces one photo, and scores pictures of it. */
import type { Answers, FromJudge, Opened, Part, Question, ToJudge } from './messages';
import { type Ratio, reduced } from './reduce';
import { type Pixels, Reference } from './ssimulacra2';

/** More pixels are not scored: it would take too long. */
const MOST_PX = 640_000;

/** Sides of the scored part are multiples of it, and so of what any student's blocks have. */
const STEP_PX = 12;

class Judge {
  readonly opened: Opened;
  readonly #photo: Pixels;
  readonly #judged: Pixels;
  readonly #parts = new Map<string, OffscreenCanvas>();
  #reference: Reference | undefined;

  constructor(photo: Pixels) {
    const judged = judgedPart(photo);
    this.#photo = photo;
    this.#judged = cut(photo, judged);
    this.opened = { judged, isOpaque: isOpaque(photo) };
  }

  /** Write the photo or the judged part, reduced, as a file. */
  write(ratio: Ratio, isWhole: boolean, type: string, quality: number): Promise<Blob> {
    const canvas = isWhole ? canvasOf(reduced(this.#photo, ratio)) : this.#part(ratio);
    return canvas.convertToBlob({ type, quality: quality / 100 });
  }

  /** The judged part, reduced: written many times. */
  #part(ratio: Ratio): OffscreenCanvas {
    const name = `${ratio.up}/${ratio.down}`;
    const part = this.#parts.get(name) ?? canvasOf(reduced(this.#judged, ratio));
    this.#parts.set(name, part);
    return part;
  }

  score(picture: Pixels): number {
    this.#reference ??= new Reference(this.#judged);
    return this.#reference.score(picture);
  }
}

/** All of a small photo; of a larger one the middle, in the same proportions. */
export function judgedPart({ width, height }: { width: number; height: number }): Part {
  const share = Math.sqrt(MOST_PX / (width * height));
  if (share >= 1) return { x: 0, y: 0, width, height };
  const part = (side: number) =>
    Math.min(side, Math.max(STEP_PX, STEP_PX * Math.floor((side * share) / STEP_PX)));
  const [kept, keptRows] = [part(width), part(height)];
  const [x, y] = [Math.floor((width - kept) / 2), Math.floor((height - keptRows) / 2)];
  return { x, y, width: kept, height: keptRows };
}

function cut({ data, width }: Pixels, part: Part): Pixels {
  const result = new Uint8ClampedArray(4 * part.width * part.height);
  for (let row = 0; row < part.height; row++) {
    const start = 4 * ((part.y + row) * width + part.x);
    result.set(data.subarray(start, start + 4 * part.width), 4 * row * part.width);
  }
  return { data: result, width: part.width, height: part.height };
}

function isOpaque({ data }: Pixels): boolean {
  for (let at = 3; at < data.length; at += 4) if (data[at] !== 255) return false;
  return true;
}

function canvasOf({ data, width, height }: Pixels): OffscreenCanvas {
  const canvas = new OffscreenCanvas(width, height);
  const settings = { willReadFrequently: true };
  const context = canvas.getContext('2d', settings) as OffscreenCanvasRenderingContext2D;
  const image = new ImageData(data as Uint8ClampedArray<ArrayBuffer>, width, height);
  context.putImageData(image, 0, 0);
  return canvas;
}

function pixelsOf(bitmap: ImageBitmap): Pixels {
  const { width, height } = bitmap;
  const canvas = new OffscreenCanvas(width, height);
  const settings = { willReadFrequently: true };
  const context = canvas.getContext('2d', settings) as OffscreenCanvasRenderingContext2D;
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const { data } = context.getImageData(0, 0, width, height);
  return { data: data as Uint8ClampedArray, width, height };
}

let judge: Judge | undefined;
let coming: Uint8ClampedArray | undefined;

/** Put a photo together that comes in parts, from top to bottom. */
function take({ y, data, width, height }: Question & { kind: 'rows' }): Opened | undefined {
  coming ??= new Uint8ClampedArray(4 * width * height);
  coming.set(data, 4 * y * width);
  if (4 * y * width + data.length < coming.length) return undefined;
  judge = new Judge({ data: coming, width, height });
  return judge.opened;
}

async function answer(question: Question): Promise<Answers[keyof Answers]> {
  if (question.kind === 'open') {
    judge = new Judge(pixelsOf(question.photo));
    return judge.opened;
  }
  if (question.kind === 'rows') return take(question);
  if (!judge) throw new Error('no photo is open');
  if (question.kind === 'write') {
    const { ratio, isWhole, type, quality } = question;
    return judge.write(ratio, isWhole, type, quality);
  }
  const { picture } = question;
  return judge.score(
    picture instanceof Blob ? pixelsOf(await createImageBitmap(picture)) : picture,
  );
}

export function serve(scope: {
  onmessage: unknown;
  postMessage: (message: FromJudge) => void;
}): void {
  scope.onmessage = async ({ data: { id, question } }: MessageEvent<ToJudge>) => {
    try {
      scope.postMessage({ id, answer: await answer(question) });
    } catch (error) {
      scope.postMessage({ id, reason: error instanceof Error ? error.message : String(error) });
    }
  };
}
