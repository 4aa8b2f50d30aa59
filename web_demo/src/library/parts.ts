import type { EngineName } from '../core/backends';
import type { Port } from '../core/messages';
import type { Extras } from './entries/extras';
import { trusted } from './trusted';
import type { PackedModel } from './types';

/** Starts an engine behind one end of a channel. */
export type StartEngine = (port: Port) => void;

/**
 * What built scripts leave for each other. They are scripts rather than data, because a page opened
 * from disk may load only classic scripts.
 */
export interface Parts {
  extras?: Extras;
  engines?: Partial<Record<EngineName, StartEngine>>;
  models?: PackedModel[];
  /** Where the package of TF.js's engines has them. */
  beside?: Record<string, () => URL>;
  samples?: Record<string, string>;
  sizes?: Record<string, number>;
  /** What the page must know of the models before they are downloaded. */
  catalogue?: { folder: string; scale: number | string }[];
}

declare global {
  var halfsizeParts: Parts | undefined;
}

/**
 * Run a classic script. Rejects when it cannot be loaded.
 *
 * @param policy as for `trusted`.
 */
export async function runScript(url: string, policy?: string): Promise<void> {
  const src = trusted(url, policy);
  return new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.src = src;
    // Where a policy names scripts by their nonce, ours carry that of the page.
    script.nonce = document.querySelector<HTMLScriptElement>('script[nonce]')?.nonce ?? '';
    script.charset = 'utf-8';
    script.onload = () => {
      script.remove();
      resolve();
    };
    script.onerror = () => {
      script.remove();
      reject(new Error(`${url} could not be loaded`));
    };
    document.head.append(script);
  });
}
