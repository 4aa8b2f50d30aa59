import { deviceSkips, isShownSmall, readDevice, type SkipReason, speedSkips } from './decide';
import { isMoving } from './moving';
import { clearPaint, isPainted, paint } from './paint';
import { sharedModel } from './shared-model';

/** The browser's HTMLElement, or an empty class where there is none: when rendering on a server. */
const Base: typeof HTMLElement =
  typeof HTMLElement === 'function' ? HTMLElement : (class {} as typeof HTMLElement);

/**
 * `<half-size>`: enlarges the half-size img inside it, once it comes near the viewport.
 *
 *     <half-size><img src="photo-half.webp" width="1200" height="800" alt="…"></half-size>
 *     <script src="half-size.js" data-model="models/nano/model.halfsize"></script>
 *
 * Without JavaScript, and wherever the element decides against it, the plain img shows. The img (or the img of a
 * picture element) stays the element that is laid out, named, selected, saved, printed and styled:
 * only what it paints is replaced, through its CSS `content`.
 *
 * @attr {string} model - Address of the model's export folder. Without it the `data-model` of the
 *   script tag, or `HalfSizeElement.model`.
 * @attr {string} backend - `webgpu`, `webgl2`, `wasm`, or `tfjs-webgpu` and so on, instead of the best.
 * @attr {boolean} always - Enlarge even if the img is shown no larger than its file, or slowly.
 * @attr {string} state - Written by the element: `waiting`, `working`, `upscaled`, `skipped`, `error`.
 *
 * @fires upscaled - `detail`: `{ width, height, milliseconds, backend }`. Bubbles.
 * @fires skipped - The img was left alone. `detail`: `{ reason }`, one of `save-data`,
 *   `low-memory`, `animated`, `shown-small`, `no-backend`, `slow`. Bubbles.
 * @fires error - Something failed, and the plain img shows. `detail`: the error. Does not bubble.
 *
 * @csspart image - The slot that holds the img, laid out as if it were not there.
 */
export class HalfSizeElement extends Base {
  static readonly observedAttributes = ['model', 'backend', 'always'];

  /** The model of every element without a `model` attribute. */
  static model = '';

  /** Folder of the other scripts, if it is not the one of this script. */
  static base: string | URL | undefined;

  #nearby: IntersectionObserver | undefined;
  #changes: MutationObserver | undefined;
  #resized: ResizeObserver | undefined;
  #work: AbortController | undefined;
  #image: HTMLImageElement | undefined;
  #isNear = false;

  constructor() {
    super();
    const root = this.attachShadow({ mode: 'open' });
    const style = document.createElement('slot');
    style.part.add('image');
    root.append(style);
    // Not a style element: a strict Content-Security-Policy may forbid those.
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(':host { display: contents }');
    root.adoptedStyleSheets = [sheet];
  }

  connectedCallback(): void {
    this.#nearby = new IntersectionObserver(
      (entries) => {
        this.#isNear = entries.some(({ isIntersecting }) => isIntersecting);
        if (this.#isNear) this.#begin();
      },
      { rootMargin: '50%' },
    );
    this.#resized = new ResizeObserver(() => {
      // It may be shown larger now, and be worth the work.
      if (this.getAttribute('state') === 'skipped') this.#begin();
    });
    this.#changes = new MutationObserver(() => this.#look());
    this.#changes.observe(this, {
      childList: true,
      subtree: true,
      attributeFilter: ['src', 'srcset', 'sizes', 'media', 'style'],
    });
    this.#look();
  }

  disconnectedCallback(): void {
    this.#nearby?.disconnect();
    this.#changes?.disconnect();
    this.#resized?.disconnect();
    this.#work?.abort();
    this.#isNear = false;
    this.#forget();
  }

  attributeChangedCallback(_name: string, before: string | null, after: string | null): void {
    if (!this.isConnected || before === after) return;
    this.#work?.abort();
    if (this.#image) clearPaint(this.#image);
    this.removeAttribute('state');
    if (this.#isNear) this.#begin();
  }

  /** Find the img: it may come late, or be replaced by a framework. */
  #look(): void {
    const image = this.querySelector('img') ?? undefined;
    if (image !== this.#image) {
      this.#forget();
      this.#image = image;
      if (!image) return;
      this.setAttribute('state', 'waiting');
      image.addEventListener('load', this.#onLoad);
      this.#nearby?.observe(image);
      this.#resized?.observe(image);
    } else if (image && this.getAttribute('state') === 'upscaled' && !isPainted(image)) {
      this.#begin(); // something rewrote its style
    }
  }

  #forget(): void {
    if (!this.#image) return;
    this.#image.removeEventListener('load', this.#onLoad);
    this.#nearby?.unobserve(this.#image);
    this.#resized?.unobserve(this.#image);
    clearPaint(this.#image);
    this.#image = undefined;
    this.removeAttribute('state');
  }

  /** Another file was loaded: a new src, or another candidate of srcset. */
  readonly #onLoad = (): void => {
    this.#work?.abort();
    if (this.#image) clearPaint(this.#image);
    if (this.#isNear) this.#begin();
  };

  #begin(): void {
    const image = this.#image;
    // An img that has not loaded (or is lazy) begins when it has.
    if (!image?.complete || image.naturalWidth === 0 || isPainted(image)) return;
    this.#work?.abort();
    const work = new AbortController();
    this.#work = work;
    this.#run(image, work.signal).catch((error) => {
      if (work.signal.aborted || error.code === 'Aborted') return;
      this.setAttribute('state', 'error');
      this.dispatchEvent(new CustomEvent('error', { detail: error }));
    });
  }

  async #run(image: HTMLImageElement, signal: AbortSignal): Promise<void> {
    const always = this.hasAttribute('always');
    const early = this.#skipsEarly(image, always);
    if (early) return this.#skip(early);
    const moving = await isMoving(image.currentSrc, signal);
    if (signal.aborted) return;
    if (moving) return this.#skip('animated');
    this.setAttribute('state', 'working');
    const halfsize = await sharedModel(
      this.getAttribute('model') ?? HalfSizeElement.model,
      this.getAttribute('backend') || 'auto',
      HalfSizeElement.base,
    );
    if (signal.aborted) return;
    const late = always ? undefined : speedSkips(halfsize.backend, halfsize.msPerMegapixel);
    if (late || halfsize.backend === 'none') return this.#skip(late ?? 'no-backend');

    const result = await halfsize.upscale(image, { signal, output: 'blob' });
    const { width, height, milliseconds } = halfsize.last ?? {
      width: 0,
      height: 0,
      milliseconds: 0,
    };
    await paint(image, result, halfsize.card.scale, signal);
    this.setAttribute('state', 'upscaled');
    const detail = { width, height, milliseconds, backend: halfsize.backend };
    this.dispatchEvent(new CustomEvent('upscaled', { detail, bubbles: true }));
  }

  #skipsEarly(image: HTMLImageElement, always: boolean): SkipReason | undefined {
    const device = deviceSkips(readDevice());
    if (device) return device;
    const shown = image.getBoundingClientRect().width;
    if (!always && isShownSmall(image.naturalWidth, shown, devicePixelRatio)) return 'shown-small';
    return undefined;
  }

  #skip(reason: SkipReason): void {
    const again = this.getAttribute('state') === 'skipped';
    this.setAttribute('state', 'skipped');
    if (!again)
      this.dispatchEvent(new CustomEvent('skipped', { detail: { reason }, bubbles: true }));
  }
}

/** Start the element, once; on a server this does nothing. */
export function defineHalfSize(name = 'half-size'): void {
  if (typeof customElements === 'undefined' || customElements.get(name)) return;
  customElements.define(name, HalfSizeElement);
}
