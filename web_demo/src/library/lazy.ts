import { extrasUrl } from './address';
import type { AnimationFrame } from './animation';
import type { Extras } from './extras';
import { runScript } from './parts';

/** What few pictures and pages need, in a script of its own that is loaded when one does. */
export async function extras(): Promise<Extras> {
  if (!globalThis.halfsizeParts?.extras) await runScript(extrasUrl());
  const loaded = globalThis.halfsizeParts?.extras;
  if (!loaded) throw new Error('halfsize-extras.js is damaged');
  return loaded;
}

/**
 * The frames of a GIF, APNG or animated WebP, in order. A still picture has one. So has everything
 * where the browser has no ImageDecoder: the first frame.
 *
 * @throws UnsupportedImage for what cannot be read.
 */
export async function* framesOf(file: Blob): AsyncGenerator<AnimationFrame> {
  yield* (await extras()).framesOf(file);
}
