import type { ColorSpace } from '../core/picture';
import type { Size } from '../core/scale';
import { breathe, close, type Drawn } from './drawn';
import { encode } from './encode';
import { find } from './find';
import { moved, type Viewport, WHOLE, zoomed } from './viewport';

/** Above this the before side is left at its own size: a screen shows it reduced in any case. */
const LARGEST_SCALED_PX = 32_000_000;

/** Within this distance a pointer grabs the handle, even where the picture can be moved as well. */
const GRASP_PX = 28;

const STEP = 1.5;

/** Pictures are drawn in bands of about this many pixels: the page stays alive between two. */
const BAND_PX = 500_000;

/** The pictures, the slider between them, and how they are zoomed. */
export class Comparison {
  readonly #frame = find('frame', HTMLElement);
  readonly #before = find('before', HTMLCanvasElement);
  readonly #original = find('original', HTMLCanvasElement);
  readonly #slot = find('result-slot', HTMLElement);
  readonly #split = find('split', HTMLInputElement);
  readonly #tag = find('before-tag', HTMLElement);
  readonly #against = find('against', HTMLSelectElement);
  readonly #pointers = new Map<number, PointerEvent>();
  readonly #drawings = new WeakMap<HTMLCanvasElement, number>();
  /** The photo at full size, until its canvas is wanted: most are never looked at. */
  #undrawn: Drawn | undefined;
  #view: Viewport = WHOLE;
  #drags: 'split' | 'picture' = 'split';

  constructor() {
    this.#split.addEventListener('input', () => this.#place());
    this.#split.addEventListener('keydown', (event) => this.#onKey(event));
    this.#against.addEventListener('change', () => this.#place());
    find('zoom-in', HTMLButtonElement).addEventListener('click', () => this.#zoom(STEP));
    find('zoom-out', HTMLButtonElement).addEventListener('click', () => this.#zoom(1 / STEP));
    find('zoom-fit', HTMLButtonElement).addEventListener('click', () => this.#show(WHOLE));
    this.#frame.addEventListener('pointerdown', (event) => this.#onDown(event));
    this.#frame.addEventListener('pointermove', (event) => this.#onMove(event));
    for (const end of ['pointerup', 'pointercancel'] as const) {
      this.#frame.addEventListener(end, (event) => this.#pointers.delete(event.pointerId));
    }
    // Pressing on what takes no focus would take it away from the slider.
    this.#frame.addEventListener('mousedown', (event) => event.preventDefault());
    this.#frame.addEventListener('wheel', (event) => this.#onWheel(event), { passive: false });
    this.#frame.addEventListener('dblclick', (event) => {
      const { x, y } = this.#within(event);
      this.#show(this.#view.zoom > 1 ? WHOLE : zoomed(WHOLE, 4, x, y));
    });
    this.#place();
  }

  /** The canvas that holds the result. */
  get result(): HTMLCanvasElement {
    return find('result', HTMLCanvasElement);
  }

  /** Whether the photo at full size is there as well. */
  get hasOriginal(): boolean {
    return !find('against-field', HTMLElement).hidden;
  }

  /**
   * Show the browser's own best scaling of a picture to a size, while the result is on its way.
   *
   * @param original the photo at full size, which is closed when it is not needed any more.
   */
  async showBefore(picture: Drawn, original: Drawn | undefined, size: Size): Promise<void> {
    close(this.#undrawn);
    this.#undrawn = original;
    this.#against.value = 'browser';
    find('against-field', HTMLElement).hidden = !original;
    this.#frame.style.setProperty('--width', String(size.width));
    this.#frame.style.setProperty('--height', String(size.height));
    const empty = document.createElement('canvas');
    empty.width = 0;
    this.#put(empty);
    this.#show(WHOLE);
    this.#place();
    await this.#drawBefore(picture, size);
  }

  /** Show another file of the same photo. The view stays as it is. */
  async replace(picture: Drawn, result: HTMLCanvasElement): Promise<void> {
    this.#put(result);
    await this.#drawBefore(picture, result);
  }

  showResult(canvas: HTMLCanvasElement): void {
    this.#put(canvas);
    this.#split.value = '50';
    this.#place();
  }

  /** The result as a PNG file. */
  async png(): Promise<Blob> {
    const { width, height } = this.result;
    const settings = this.result.getContext('2d')?.getContextAttributes?.();
    const colorSpace = (settings?.colorSpace ?? 'srgb') as ColorSpace;
    return encode(this.result, { width, height, type: 'image/png', colorSpace });
  }

  #drawBefore(picture: Drawn, size: Size): Promise<void> {
    const isScaled = size.width * size.height <= LARGEST_SCALED_PX;
    return this.#draw(this.#before, picture, isScaled ? size : picture);
  }

  /** Draw a picture to a size; what is being drawn into the canvas ends. */
  async #draw(canvas: HTMLCanvasElement, picture: Drawn, size: Size): Promise<void> {
    const drawing = (this.#drawings.get(canvas) ?? 0) + 1;
    this.#drawings.set(canvas, drawing);
    const { width, height } = size;
    canvas.width = width;
    canvas.height = height;
    // In main memory: WebKit forgets to paint a canvas of its GPU again after it was hidden.
    const context = canvas.getContext('2d', { willReadFrequently: true });
    if (!context) throw new Error('the browser gave no canvas to draw on');
    context.imageSmoothingQuality = 'high';
    const rows = Math.max(1, Math.floor(BAND_PX / width));
    for (let y = 0; y < height; y += rows) {
      if (y > 0) await breathe();
      if (this.#drawings.get(canvas) !== drawing) return;
      context.save();
      context.beginPath();
      context.rect(0, y, width, rows);
      context.clip();
      // The whole picture, clipped: drawn in parts it would have seams.
      context.drawImage(picture, 0, 0, width, height);
      context.restore();
    }
  }

  /** Draw the photo at full size, when it is first looked at. */
  async #drawOriginal(): Promise<void> {
    const original = this.#undrawn;
    if (!original) return;
    this.#undrawn = undefined;
    const { width, height } = original;
    await this.#draw(this.#original, original, { width, height });
    close(original);
  }

  #put(canvas: HTMLCanvasElement): void {
    canvas.id = 'result';
    canvas.setAttribute('role', 'img');
    canvas.setAttribute('aria-label', 'Enlarged by halfsize');
    this.#slot.replaceChildren(canvas);
  }

  #place(): void {
    const percent = Number(this.#split.value);
    this.#frame.style.setProperty('--split', `${percent}%`);
    const shown = Math.round(100 - percent);
    this.#split.setAttribute('aria-valuetext', `${shown} % of the picture shown by halfsize`);
    const isOriginal = this.#against.value === 'original';
    if (isOriginal) void this.#drawOriginal();
    this.#original.hidden = !isOriginal;
    this.#before.hidden = isOriginal;
    this.#tag.textContent = isOriginal ? 'Original' : 'Browser';
  }

  #zoom(factor: number, x?: number, y?: number): void {
    this.#show(zoomed(this.#view, factor, x, y));
  }

  #show(view: Viewport): void {
    this.#view = view;
    this.#frame.style.setProperty('--zoom', String(view.zoom));
    this.#frame.style.setProperty('--x', `${view.x * 100}%`);
    this.#frame.style.setProperty('--y', `${view.y * 100}%`);
    this.#frame.classList.toggle('zoomed', view.zoom > 1);
    find('zoom-level', HTMLOutputElement).textContent = `${Math.round(view.zoom * 100)} %`;
    find('zoom-out', HTMLButtonElement).disabled = view.zoom <= 1;
    find('zoom-fit', HTMLButtonElement).disabled = view.zoom <= 1;
  }

  /** Where in the frame an event is, 0 to 1 both ways. */
  #within({ clientX, clientY }: MouseEvent): { x: number; y: number; width: number } {
    const { left, top, width, height } = this.#frame.getBoundingClientRect();
    return { x: (clientX - left) / width, y: (clientY - top) / height, width };
  }

  #onDown(event: PointerEvent): void {
    if (event.button !== 0 || document.documentElement.dataset.state !== 'done') return;
    this.#pointers.set(event.pointerId, event);
    this.#frame.setPointerCapture(event.pointerId);
    const { x, width } = this.#within(event);
    const near = Math.abs(x * width - (Number(this.#split.value) / 100) * width) < GRASP_PX;
    this.#drags = near || this.#view.zoom === 1 ? 'split' : 'picture';
    if (this.#drags === 'split') this.#moveSplit(x);
    this.#split.focus({ preventScroll: true });
  }

  #onMove(event: PointerEvent): void {
    const last = this.#pointers.get(event.pointerId);
    if (!last) return;
    const [now, before] = [this.#within(event), this.#within(last)];
    const other = [...this.#pointers.values()].find(
      ({ pointerId }) => pointerId !== last.pointerId,
    );
    if (other) {
      const centre = this.#within(other);
      const apart = (at: { x: number; y: number }) => Math.hypot(at.x - centre.x, at.y - centre.y);
      this.#zoom(apart(now) / Math.max(apart(before), 0.01), centre.x, centre.y);
    } else if (this.#drags === 'picture') {
      this.#show(moved(this.#view, now.x - before.x, now.y - before.y));
    } else {
      this.#moveSplit(now.x);
    }
    this.#pointers.set(event.pointerId, event);
  }

  #moveSplit(x: number): void {
    this.#split.value = String(Math.min(100, Math.max(0, x * 100)));
    this.#place();
  }

  /** Only with Ctrl, which a pinch on a trackpad also reports: a plain wheel scrolls the page. */
  #onWheel(event: WheelEvent): void {
    if (!event.ctrlKey) return;
    event.preventDefault();
    const { x, y } = this.#within(event);
    this.#zoom(Math.exp(-event.deltaY / 200), x, y);
  }

  #onKey(event: KeyboardEvent): void {
    const arrows: Record<string, [number, number]> = {
      ArrowLeft: [0.1, 0],
      ArrowRight: [-0.1, 0],
      ArrowUp: [0, 0.1],
      ArrowDown: [0, -0.1],
    };
    const arrow = arrows[event.key];
    if (event.key === '+' || event.key === '=') this.#zoom(STEP);
    else if (event.key === '-') this.#zoom(1 / STEP);
    else if (event.key === '0') this.#show(WHOLE);
    else if (event.shiftKey && arrow) this.#show(moved(this.#view, ...arrow));
    else return;
    event.preventDefault();
  }
}
