import type { Picture } from '../picture';
import { find } from './find';

/** Above this the before side is left at its own size: a screen shows it reduced in any case. */
const LARGEST_SCALED_PX = 32_000_000;

/** The two pictures and the slider between them. */
export class Comparison {
  readonly #frame = find('frame', HTMLElement);
  readonly #before = find('before', HTMLCanvasElement);
  readonly #result = find('result', HTMLCanvasElement);
  readonly #split = find('split', HTMLInputElement);

  constructor() {
    this.#split.addEventListener('input', () => this.#place());
    this.#place();
  }

  /** Show the browser's own best scaling of a picture, while the result is on its way. */
  showBefore(bitmap: ImageBitmap, scale: number): void {
    const [width, height] = [bitmap.width * scale, bitmap.height * scale];
    const scaled = width * height <= LARGEST_SCALED_PX;
    this.#before.width = scaled ? width : bitmap.width;
    this.#before.height = scaled ? height : bitmap.height;
    const context = contextOf(this.#before);
    context.imageSmoothingEnabled = true;
    context.imageSmoothingQuality = 'high';
    context.drawImage(bitmap, 0, 0, this.#before.width, this.#before.height);
    this.#frame.style.setProperty('--width', String(width));
    this.#frame.style.setProperty('--height', String(height));
    this.#result.width = 0;
    this.#result.height = 0;
  }

  showResult({ width, height, data }: Picture): void {
    this.#result.width = width;
    this.#result.height = height;
    contextOf(this.#result).putImageData(new ImageData(data, width, height), 0, 0);
    this.#split.value = '50';
    this.#place();
  }

  /** The result as a PNG file. */
  async png(): Promise<Blob> {
    return new Promise((resolve, reject) => {
      this.#result.toBlob((blob) => {
        if (blob) resolve(blob);
        else reject(new Error('the browser could not write a PNG'));
      }, 'image/png');
    });
  }

  #place(): void {
    const percent = Number(this.#split.value);
    this.#frame.style.setProperty('--split', `${percent}%`);
    const shown = Math.round(100 - percent);
    this.#split.setAttribute('aria-valuetext', `${shown} % of the picture shown by halfsize`);
  }
}

function contextOf(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  const context = canvas.getContext('2d');
  if (!context) throw new Error('the browser gave no canvas to draw on');
  return context;
}
