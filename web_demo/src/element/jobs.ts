import type { Box } from './order';

/** An img that waits for a job. */
export type Waiting = {
  image: HTMLImageElement;
  /** Called when the work starts. */
  started: () => void;
};

/** Makes an outcome. `image` gives an img that still waits for it. */
export type Make<Outcome> = (
  signal: AbortSignal,
  image: () => HTMLImageElement | undefined,
) => Promise<Outcome>;

type Job<Outcome> = {
  make: Make<Outcome>;
  waiting: Set<Waiting>;
  hasStarted: boolean;
  controller: AbortController;
  promise: Promise<Outcome>;
  resolve: (outcome: Outcome | PromiseLike<Outcome>) => void;
  reject: (error: unknown) => void;
};

export function abortError(): DOMException {
  return new DOMException('The picture is no longer wanted.', 'AbortError');
}

/** One in the engine, and one that is decoded before or encoded after it. */
const MOST_AT_ONCE = 2;

/** An img that is moved in the document comes back this soon. */
const PATIENCE_MS = 250;

/** What jobs need of the page. */
export type PageView = {
  boxOf: (image: HTMLImageElement) => Box;
  /** Index of the box that comes first. */
  first: (boxes: Box[]) => number;
  /** Whether nobody looks at the page. */
  isHidden: () => boolean;
};

/** The work of a page: each file once, however many imgs show it, and the most wanted first. */
export class Jobs<Outcome> {
  readonly #view: PageView;
  readonly #jobs = new Map<string, Job<Outcome>>();
  #running = 0;
  #timer: unknown;

  constructor(view: PageView) {
    this.#view = view;
  }

  /**
   * Wait for the outcome of a job, which is opened if there is none of this key.
   *
   * @param signal stops waiting. A job for which nobody waits is aborted a little later.
   * @throws AbortError if it was; and what `make` throws.
   */
  join(key: string, waiting: Waiting, make: Make<Outcome>, signal: AbortSignal): Promise<Outcome> {
    const job = this.#jobs.get(key) ?? this.#open(key, make);
    job.waiting.add(waiting);
    if (job.hasStarted) waiting.started();
    signal.addEventListener('abort', () => this.#leave(key, job, waiting), { once: true });
    return job.promise;
  }

  hasStarted(key: string): boolean {
    return this.#jobs.get(key)?.hasStarted === true;
  }

  /** Start what may start. Not at once: others may be about to join. */
  look(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      while (this.#running < MOST_AT_ONCE && this.#startNext());
    });
  }

  #open(key: string, make: Make<Outcome>): Job<Outcome> {
    const job = {
      make,
      waiting: new Set(),
      hasStarted: false,
      controller: new AbortController(),
    } as unknown as Job<Outcome>;
    job.promise = new Promise((resolve, reject) => {
      job.resolve = resolve;
      job.reject = reject;
    });
    job.promise.catch(() => undefined); // perhaps nobody waits any more
    this.#jobs.set(key, job);
    this.look();
    return job;
  }

  #leave(key: string, job: Job<Outcome>, waiting: Waiting): void {
    job.waiting.delete(waiting);
    if (job.waiting.size > 0) return;
    setTimeout(() => {
      if (job.waiting.size > 0 || this.#jobs.get(key) !== job) return;
      this.#jobs.delete(key);
      job.controller.abort();
      job.reject(abortError());
    }, PATIENCE_MS);
  }

  #startNext(): boolean {
    if (this.#view.isHidden()) return false;
    const open = [...this.#jobs].filter(([, job]) => !job.hasStarted && job.waiting.size > 0);
    const places = open.flatMap(([key, { waiting }]) =>
      [...waiting].map(({ image }) => ({ key, box: this.#view.boxOf(image) })),
    );
    const { key = '' } = places[this.#view.first(places.map(({ box }) => box))] ?? {};
    const job = this.#jobs.get(key);
    if (!job) return false;
    job.hasStarted = true;
    this.#running++;
    void this.#run(key, job);
    return true;
  }

  async #run(key: string, job: Job<Outcome>): Promise<void> {
    const { make, waiting, controller, resolve, reject } = job;
    for (const { started } of waiting) started();
    try {
      resolve(await make(controller.signal, () => [...waiting][0]?.image));
    } catch (error) {
      reject(error);
    }
    if (this.#jobs.get(key) === job) this.#jobs.delete(key);
    this.#running--;
    this.look();
  }
}
