import { besideUrl } from './beside';
import type { Extras } from './entries/extras';
import { runScript } from './parts';
import type { AnimationFrame } from './pictures/animation';
import type { Sentences } from './sentences';

let folder: string | URL | undefined;

/** Set the folder of the other scripts, if it is not the one of this script. */
export function setFolder(base: string | URL | undefined): void {
  folder = base ?? folder;
}

/** What few pictures and pages need: a separate script, loaded on first use. */
export async function extras(): Promise<Extras> {
  const url = besideUrl('halfsize-extras.js', folder);
  if (!globalThis.halfsizeParts?.extras) await runScript(url);
  const loaded = globalThis.halfsizeParts?.extras;
  if (!loaded) throw new Error(`${url} is damaged`);
  return loaded;
}

/** The message of a rare error. If the script with the sentences is missing, it says that as well. */
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
 * The frames of a GIF, APNG or animated WebP, in order. A still picture has one frame. Without
 * ImageDecoder, the browser gives the first frame of any file.
 *
 * @throws UnsupportedImage for what cannot be read.
 */
export async function* framesOf(file: Blob): AsyncGenerator<AnimationFrame> {
  yield* (await extras()).framesOf(file);
}
