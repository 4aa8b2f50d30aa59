import { besideUrl } from './beside';
import type { Extras } from './entries/extras';
import { runScript } from './parts';
import type { AnimationFrame } from './pictures/animation';
import type { Sentences } from './sentences';

let folder: string | URL | undefined;

/** Look for scripts in this folder, where a page says that they are not beside this one. */
export function setFolder(base: string | URL | undefined): void {
  folder = base ?? folder;
}

/** What few pictures and pages need, in a script of its own that is loaded when one does. */
export async function extras(): Promise<Extras> {
  const url = besideUrl('halfsize-extras.js', folder);
  if (!globalThis.halfsizeParts?.extras) await runScript(url);
  const loaded = globalThis.halfsizeParts?.extras;
  if (!loaded) throw new Error(`${url} is damaged`);
  return loaded;
}

/** What a rare error says. Where the script with the sentences is missing, that is said as well. */
export async function sentence<Name extends keyof Sentences>(
  name: Name,
  ...about: Parameters<Sentences[Name]>
): Promise<string> {
  try {
    const { [name]: write } = (await extras()).sentences_;
    return (write as (...about: unknown[]) => string)(...about);
  } catch (error) {
    return `${name} (${about}); ${error}`;
  }
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
