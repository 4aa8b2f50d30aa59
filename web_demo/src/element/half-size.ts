import {
  deviceSkips,
  isForGood,
  isFullSize,
  isShownSmall,
  readDevice,
  type SkipReason,
} from './decide';
import { photoOf } from './described';
import { type Enlarged, keyOf, type Request } from './enlarge';
import { drawnPixels, fileSize } from './measure';
import { clearPaint, isPainted, paint } from './paint';
import { jobs, kept, keptFor, obtain } from './results';
import { forgetFailures, isCached, measureSlow } from './shared-model';
import { namesScales, studentFor } from './student';
import { Trials } from './trials';

/** The browser's HTMLElement, or an empty class where there is none: when rendering on a server. */
const Base: typeof HTMLElement =
  typeof HTMLElement === 'function' ? HTMLElement : (class {} as typeof HTMLElement);

/** How often a picture that is shown small is measured: a transform fires no event. */
const LOOK_AGAIN_MS = 1000;

/** The key under which each img was last enlarged: when it is moved, nothing is decided again. */
const decided = new WeakMap<HTMLImageElement, string>();

/** What an element watches in its content. */
const CHANGES: MutationObserverInit = {
  childList: true,
  subtree: true,
  attributeFilter: ['src', 'srcset', 'sizes', 'media', 'style'],
};

/**
 * `<half-size>`: enlarges the half-size img inside it, once it comes near the viewport.
 *
 *     <half-size><img src="photo-half.webp" width="1200" height="800" alt="…"></half-size>
 *     <script src="half-size.js" data-model="models/nano/model.halfsize"></script>
 *
 * Without JavaScript, and wherever the element decides against it, the plain img shows. The img (or the img of a
 * picture element) stays the element that is laid out, named, selected, saved, printed and styled:
 * only what it paints is replaced, through its CSS `content`. An element takes one img, its first.
 *
 * @attr {string} model - Address of the model's export folder; or of several, each with its scale:
 *   `models/a/ 2x, models/b/ 1.5x`. Without it the `data-model` of the script tag, or
 *   `HalfSizeElement.model`.
 * @attr {string} backend - `webgpu`, `webgl2`, `wasm`, or `tfjs-webgpu` and so on, instead of the best.
 * @attr {boolean} always - Enlarge even if the img is shown no larger than its file, or slowly.
 * @attr {boolean} frugal - Enlarge also where the reader prefers to save data: small files are what
 *   such readers are sent.
 * @attr {string} state - Written by the element: `waiting`, `working`, `upscaled`, `skipped`, `error`.
 *
 * All events leave shadow roots.
 *
 * @fires upscaled - The result is painted; once for each file. `detail`:
 *   `{ width, height, milliseconds, backend }`. Bubbles.
 * @fires skipped - The img was left alone. `detail`: `{ reason }`, one of `save-data`,
 *   `low-memory`, `animated`, `vector`, `turned`, `full-size`, `shown-small`, `no-backend`,
 *   `no-readback`, `slow`. Bubbles.
 * @fires error - Something failed, and the plain img shows. `detail`: the error. Does not bubble.
 *
 * @csspart image - The slot that holds the img, laid out as if it were not there.
 */
export class HalfSizeElement extends Base {
  static readonly observedAttributes = ['model', 'backend', 'always', 'frugal'];

  /** Folder of the other scripts, if it is not the one of this script. */
  static base: string | URL | undefined;

  /** All elements in the page. */
  static readonly #connected = new Set<HalfSizeElement>();

  static #model = '';
  static #isListening = false;

  /** Times slow machines again. */
  static readonly #trials = new Trials(async () => {
    const isSlow = (element: HalfSizeElement) => element.#isNear && element.#skipped === 'slow';
    if ([...HalfSizeElement.#connected].some(isSlow)) await measureSlow();
    HalfSizeElement.#beginAll(isSlow);
  });

  /** The model of every element without a `model` attribute. It may be set at any time. */
  static get model(): string {
    return HalfSizeElement.#model;
  }

  static set model(address: string) {
    HalfSizeElement.#model = address;
    HalfSizeElement.#beginAll();
  }

  readonly #slot: HTMLSlotElement;
  #nearby: IntersectionObserver | undefined;
  #changes: MutationObserver | undefined;
  #resized: ResizeObserver | undefined;
  #image: HTMLImageElement | undefined;
  #isNear = false;

  /** What the fields below are about. */
  #request: Request | undefined;
  #work: AbortController | undefined;
  #skipped: SkipReason | undefined;
  #failed: string | undefined;

  /** The key of the latest `upscaled` event. */
  #reported: string | undefined;

  /** This element as the user of a result. */
  readonly #user = {
    isNear: () => this.#isNear,
    giveBack: () => {
      this.#reset();
      this.#begin();
    },
  };

  constructor() {
    super();
    const root = this.attachShadow({ mode: 'open' });
    this.#slot = document.createElement('slot');
    this.#slot.part.add('image');
    // An img may be slotted through this element's parent, a component.
    this.#slot.onslotchange = () => this.#look();
    root.append(this.#slot);
    // Not a style element: a strict Content-Security-Policy may forbid those.
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(':host { display: contents }');
    root.adoptedStyleSheets = [sheet];
  }

  connectedCallback(): void {
    HalfSizeElement.#connected.add(this);
    HalfSizeElement.#listen();
    this.#nearby = new IntersectionObserver(
      (entries) => {
        this.#isNear = entries.at(-1)?.isIntersecting === true;
        if (this.#isNear) this.#begin();
        else this.#leaveView();
      },
      { rootMargin: '50%' },
    );
    this.#resized = new ResizeObserver(() => {
      // It may be shown larger now, and be worth the work.
      if (this.#skipped === 'shown-small') this.#begin();
    });
    this.#changes = new MutationObserver(() => {
      this.#look();
      this.#check();
      setTimeout(this.#check); // the browser selects a file a little later
    });
    this.#changes.observe(this, CHANGES);
    this.removeAttribute('state'); // it may come from a page that was saved
    this.#look();
  }

  disconnectedCallback(): void {
    HalfSizeElement.#connected.delete(this);
    this.#nearby?.disconnect();
    this.#changes?.disconnect();
    this.#resized?.disconnect();
    this.#adopt(undefined);
  }

  attributeChangedCallback(_name: string, before: string | null, after: string | null): void {
    if (!this.isConnected || before === after) return;
    this.#reset();
    this.#begin();
  }

  /** Let elements see whether there is something to do. */
  static #beginAll(isMeant: (element: HalfSizeElement) => boolean = () => true): void {
    for (const element of HalfSizeElement.#connected) if (isMeant(element)) element.#begin();
  }

  /** Listen to what concerns all elements. */
  static #listen(): void {
    if (HalfSizeElement.#isListening) return;
    HalfSizeElement.#isListening = true;
    addEventListener('load', () => HalfSizeElement.#beginAll()); // now a model should be named
    // The network is there again, or a page whose downloads were cut off when it was left.
    for (const type of ['online', 'pageshow']) {
      addEventListener(type, (event) => {
        if ((event as PageTransitionEvent).persisted === false) return;
        forgetFailures();
        HalfSizeElement.#beginAll();
      });
    }
    document.addEventListener('visibilitychange', () => jobs.look());
    setInterval(() => {
      if (document.hidden) return;
      HalfSizeElement.#beginAll((element) => element.#skipped === 'shown-small');
    }, LOOK_AGAIN_MS);
  }

  /** Find the img: it may come late, or be replaced by a framework. */
  #look(): void {
    const images = this.#slot
      .assignedElements({ flatten: true })
      .flatMap((root) => (root.localName === 'img' ? root : [...root.querySelectorAll('img')]));
    const [image, second] = images as HTMLImageElement[];
    if (image === this.#image) return;
    this.#adopt(image);
    if (second) console.warn('<half-size> takes one img, its first:', this);
  }

  #adopt(image: HTMLImageElement | undefined): void {
    const before = this.#image;
    if (before) {
      this.#nearby?.unobserve(before);
      this.#resized?.unobserve(before);
      for (const type of ['load', 'error']) before.removeEventListener(type, this.#check);
      this.#reset();
      this.removeAttribute('state');
    }
    this.#isNear = false;
    this.#image = image;
    if (!image) return;
    this.#reset();
    for (const type of ['load', 'error']) image.addEventListener(type, this.#check);
    this.#nearby?.observe(image);
    this.#resized?.observe(image);
    // A slotted img is not inside this element.
    this.#changes?.observe(image.closest('picture') ?? image, CHANGES);
    this.#begin();
  }

  /** The img may have another file now, or none. */
  readonly #check = (): void => {
    const image = this.#image;
    const request = this.#request;
    if (!image) return;
    if (request) {
      // Until another file has loaded, or failed, a plain img shows the last one too.
      if (!image.complete) return;
      if (image.naturalWidth === 0 || image.currentSrc !== request.file) this.#reset();
      else if (decided.get(image) !== keyOf(request)) return;
      else keptFor(request);
    }
    this.#begin();
  };

  /** Be as if the img had just come. */
  #reset(): void {
    const image = this.#image;
    this.#work?.abort();
    this.#work = undefined;
    if (this.#request) kept.leave(keyOf(this.#request), this.#user);
    this.#request = undefined;
    this.#skipped = undefined;
    this.#failed = undefined;
    if (!image) return;
    clearPaint(image);
    this.setAttribute('state', 'waiting');
  }

  /** What has not begun need not; what has begun is completed, and kept for a while. */
  #leaveView(): void {
    if (this.#work && this.#request && !jobs.hasStarted(keyOf(this.#request))) {
      this.#work.abort();
      this.#work = undefined;
    }
    kept.trim();
  }

  /** Enlarge the img if that is due: called whenever something may have changed. */
  #begin(): void {
    const image = this.#image;
    // An img that has not loaded (or is lazy) begins when it has.
    if (!image?.complete || image.naturalWidth === 0 || isPainted(image)) return;
    const request = {
      file: image.currentSrc,
      model: this.getAttribute('model') ?? HalfSizeElement.model,
      backend: this.getAttribute('backend') || 'auto',
      base: HalfSizeElement.base,
      always: this.hasAttribute('always'),
    };
    const result = decided.get(image) === keyOf(request) && keptFor(request);
    if (result) this.#show(image, request, result);
    if (result || !this.#isNear || this.#work || isForGood(this.#skipped)) return;
    if (!request.model && document.readyState !== 'complete') return; // a later script may name one
    this.#request = request;
    const work = new AbortController();
    this.#work = work;
    this.#run(image, request, work.signal)
      .catch((error) => {
        if (!work.signal.aborted) this.#fail(error);
      })
      .finally(() => {
        if (this.#work === work) this.#work = undefined;
      });
  }

  async #run(image: HTMLImageElement, request: Request, signal: AbortSignal): Promise<void> {
    const photo = photoOf(image, await fileSize(image), namesScales(request.model));
    if (signal.aborted) return;
    if (isFullSize(photo)) return this.#skip('full-size');
    if (!request.always && isShownSmall(photo.file, drawnPixels(image))) {
      return this.#skip('shown-small');
    }
    const student = studentFor(request.model, photo);
    let reason = deviceSkips(readDevice());
    // What the reader has from an earlier page costs nothing.
    if (reason === 'save-data' && (this.hasAttribute('frugal') || (await isCached(student)))) {
      reason = undefined;
    }
    if (signal.aborted) return;
    if (reason) return this.#skip(reason);
    const started = () => this.setAttribute('state', 'working');
    const outcome = await obtain(request, student, photo, { image, started }, signal);
    if (signal.aborted) return;
    if (typeof outcome === 'string') return this.#skip(outcome);
    this.#show(image, request, outcome);
  }

  #show(image: HTMLImageElement, request: Request, { url, detail }: Enlarged): void {
    const key = keyOf(request);
    this.#request = request;
    this.#skipped = undefined;
    paint(image, url, detail.width);
    decided.set(image, key);
    kept.show(key, this.#user);
    kept.trim();
    this.setAttribute('state', 'upscaled');
    // The same result put back is not news.
    if (this.#reported !== key) this.#tell('upscaled', detail, true);
    this.#reported = key;
  }

  #skip(reason: SkipReason): void {
    const isNew = this.#skipped !== reason;
    this.#skipped = reason;
    this.setAttribute('state', 'skipped');
    if (reason === 'slow') HalfSizeElement.#trials.plan();
    if (isNew) this.#tell('skipped', { reason }, true);
  }

  #fail(error: Error): void {
    if (error.name === 'AbortError') {
      this.setAttribute('state', 'waiting');
      return;
    }
    const isNew = this.#failed !== error.message;
    this.#failed = error.message;
    this.setAttribute('state', 'error');
    if (isNew) this.#tell('error', error, false);
  }

  #tell(type: string, detail: unknown, bubbles: boolean): void {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles, composed: true }));
  }
}

/** Start the element, once; on a server this does nothing. */
export function defineHalfSize(name = 'half-size'): void {
  if (typeof customElements === 'undefined' || customElements.get(name)) return;
  customElements.define(name, HalfSizeElement);
}
