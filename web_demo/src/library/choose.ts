import { BACKEND_LABELS, type Backend } from '../backend-names';
import { formOf } from '../card';
import { Aborted, ModelMismatch, NoBackend, reasonOf } from '../errors';
import type { Started } from '../messages';
import { engineUrl } from './address';
import { openEngine, type Place } from './engine-port';
import type { LoadedModel } from './fetch-model';
import { best, isSettled, missing, orderToTry, recall, remember } from './merit';
import { Session } from './session';

/** Why a backend was passed over. */
export type Refusal = { backend: Backend; reason: string };

/** A backend that runs the model. */
export type Chosen = { session: Session; started: Started };

export type ChooseOptions = {
  place: Place;
  base: string | URL | undefined;
  tilePx: number | undefined;
  workers: number;
  signal: AbortSignal | undefined;
};

type Candidate = Chosen & { backend: Backend; msPerMegapixel: number };

/** Start the backend that was asked for. Throws NoBackend where it does not run the model. */
export async function startOnly(
  backend: Backend,
  model: LoadedModel,
  options: ChooseOptions,
): Promise<Chosen> {
  try {
    return await start(backend, model, options, false);
  } catch (error) {
    if (error instanceof ModelMismatch || error instanceof Aborted) throw error;
    throw new NoBackend(
      `${BACKEND_LABELS[backend]} cannot be used in this browser: ${reasonOf(error)}. ` +
        'Choose “Automatic” instead.',
      { cause: error },
    );
  }
}

/**
 * Start the fastest backend that runs the model and gives what it should. What was fastest before
 * is tried first, then the others by merit; measuring ends with the first that is fast.
 *
 * @param refused is told every backend that was passed over.
 * @returns undefined if every backend was refused.
 */
export async function startBest(
  model: LoadedModel,
  options: ChooseOptions,
  refused: Refusal[],
): Promise<Chosen | undefined> {
  const form = formOf(model.card);
  const key = model.card.name + model.card.parameters;
  const tries = refused.map(({ backend }) => backend);
  const remembered = recall(key);
  const order = orderToTry(form, remembered).filter((backend) => !tries.includes(backend));
  const measured: Candidate[] = [];
  for (const [index, backend] of order.entries()) {
    try {
      const chosen = await start(backend, model, options, true);
      measured.push({ ...chosen, backend, msPerMegapixel: chosen.started.msPerMegapixel });
    } catch (error) {
      if (error instanceof ModelMismatch || error instanceof Aborted) {
        for (const { session } of measured) session.close();
        throw error;
      }
      refused.push({ backend, reason: reasonOf(error) });
    }
    const known = measured.length > 0 && backend === remembered;
    if (known || isSettled(measured, order[index + 1])) break;
  }
  const winner = best(measured);
  for (const { session } of measured) if (session !== winner?.session) session.close();
  if (winner) remember(key, winner.backend);
  return winner;
}

async function start(
  backend: Backend,
  { card, files }: LoadedModel,
  { place, base, tilePx, workers, signal }: ChooseOptions,
  picky: boolean,
): Promise<Chosen> {
  const reason = await missing(backend, picky);
  if (reason) throw new Error(reason);
  const open = () => openEngine(backend, engineUrl(backend, base), place);
  const session = new Session(await open());
  const giveUp = () => session.close(new Aborted(signal?.reason));
  signal?.addEventListener('abort', giveUp, { once: true });
  try {
    if (signal?.aborted) throw new Aborted(signal.reason);
    const started = await session.start(card, files, tilePx);
    if (backend === 'wasm' && session.place === 'worker') {
      void session.employ(workers - 1, open, card, files);
    }
    return { session, started };
  } catch (error) {
    session.close();
    throw error;
  } finally {
    signal?.removeEventListener('abort', giveUp);
  }
}
