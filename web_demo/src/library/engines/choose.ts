import type { Backend, EngineName } from '../../core/backends';
import { formOf } from '../../core/card';
import { Aborted, ModelMismatch, NoBackend, reasonOf } from '../../core/errors';
import type { Started, ToEngine } from '../../core/messages';
import { besideUrl } from '../beside';
import { sentence } from '../lazy';
import type { LoadedModel, ModelContent } from '../model/fetch-model';
import { type Greet, openEngine, type Place } from './engine-port';
import { best, isSettled, missing, orderToTry, recall, remember } from './merit';
import { Session } from './session';

/** Why a backend was refused. */
export type Refusal = { backend: Backend; reason: string };

/** A backend that runs the model. */
export type Chosen = { session: Session; started: Started };

export type ChooseOptions = {
  place: Place;
  base: string | URL | undefined;
  tilePx: number | undefined;
  workers: number;
  signal: AbortSignal | undefined;
  /** Use the engines that also handle transparent pictures. */
  transparent: boolean;
};

type Candidate = Chosen & { backend: Backend; msPerMegapixel: number };

/** Start this backend. Throws NoBackend if it does not run the model. */
export async function startOnly(
  backend: Backend,
  model: LoadedModel,
  options: ChooseOptions,
): Promise<Chosen> {
  try {
    return await start(backend, model, options, false);
  } catch (error) {
    if (isFinal(error)) throw error;
    const message = await sentence('no backend', backend, reasonOf(error));
    throw new NoBackend(message, { cause: error });
  }
}

/**
 * Start the fastest backend that runs the model correctly. The one that was fastest before is tried
 * first, then the others by merit; the first that is fast enough is chosen.
 *
 * @param refused every refused backend is added to it.
 * @returns undefined if every backend was refused.
 */
export async function startBest(
  model: LoadedModel,
  options: ChooseOptions,
  refused: Refusal[],
): Promise<Chosen | undefined> {
  const { form, memory } = await model.identity_;
  const tries = refused.map(({ backend }) => backend);
  const remembered = recall(memory);
  const order = orderToTry(form, remembered).filter((backend) => !tries.includes(backend));
  const measured: Candidate[] = [];
  let winner: Candidate | undefined;
  try {
    for (const [index, backend] of order.entries()) {
      try {
        const chosen = await start(backend, model, options, true);
        measured.push({ ...chosen, backend, msPerMegapixel: chosen.started.msPerMegapixel });
      } catch (error) {
        if (isFinal(error)) throw error;
        refused.push({ backend, reason: reasonOf(error) });
      }
      const isKnown = measured.length > 0 && backend === remembered;
      if (isKnown || isSettled(measured, order[index + 1])) break;
    }
    winner = best(measured);
  } finally {
    for (const { session } of measured) if (session !== winner?.session) session.close();
  }
  if (winner) remember(memory, winner.backend);
  return winner;
}

/** Whether no other backend can help. */
function isFinal(error: unknown): boolean {
  return error instanceof ModelMismatch || error instanceof Aborted;
}

async function start(
  backend: Backend,
  model: LoadedModel,
  options: ChooseOptions,
  picky: boolean,
): Promise<Chosen> {
  const { place, base, tilePx = 0, workers, signal, transparent } = options;
  const reason = await missing(backend, picky);
  if (reason) throw new Error(reason);
  const { content_: content } = model;
  const identity = await model.identity_;
  const { form } = identity;
  const kind = form === 'integer' ? '-integer' : '';
  const engine: EngineName = `${backend}${kind}${transparent ? '-alpha' : ''}`;
  const open = (greet?: Greet) =>
    openEngine(engine, besideUrl(`engine-${engine}.js`, base), place, greet);
  let greeted!: Promise<ModelContent>;
  const greet: Greet = (port, place) => {
    greeted = content.then((given) => {
      // Time for one tile: in a worker it delays only an abort, on the page it delays a frame.
      const targetMs = place === 'page' ? 20 : 600;
      port.postMessage({ kind: 'start', ...given, targetMs, tilePx } satisfies ToEngine);
      return given;
    });
    greeted.catch(() => undefined); // awaited below
  };
  const session = new Session(await open(greet));
  const giveUp = () => session.close(new Aborted(signal?.reason));
  signal?.addEventListener('abort', giveUp, { once: true });
  try {
    if (signal?.aborted) throw new Aborted(signal.reason);
    const { card, files } = await greeted;
    if (formOf(card) !== form) {
      // The address did not tell.
      identity.form = formOf(card);
      session.close();
      return await start(backend, model, options, picky);
    }
    const started = await session.started();
    if (backend === 'wasm' && session.place === 'worker') {
      session.hire_ = () => session.employ_(workers - 1, open, card, files);
    }
    return { session, started };
  } catch (error) {
    session.close();
    throw error;
  } finally {
    signal?.removeEventListener('abort', giveUp);
  }
}
