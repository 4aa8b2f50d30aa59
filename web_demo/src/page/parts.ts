import { bytesFromBase64 } from '../base64';
import type { ModelFiles } from '../card';
import { PlainError } from '../errors';

/** A model as the build packed it: its card, and its files as base64 text. */
export type PackedModel = { folder: string; card: unknown; files: Record<string, string> };

/**
 * What the built scripts beside page.js leave for it. They are scripts and not data, because a
 * page opened from disk may load classic scripts and nothing else.
 */
export type Parts = {
  models?: PackedModel[];
  engine?: string;
  wasm?: { simd: string; plain: string };
};

declare global {
  var halfsizeParts: Parts | undefined;
}

// Known only while the script first runs.
const here = document.currentScript instanceof HTMLScriptElement ? document.currentScript.src : '';

/** Load a part when it is first needed: the engine is 30 times the size of the page. */
export async function loadPart<Name extends keyof Parts>(
  name: Name,
): Promise<NonNullable<Parts[Name]>> {
  if (!globalThis.halfsizeParts?.[name]) await runScript(new URL(`${name}.js`, here).href);
  const part = globalThis.halfsizeParts?.[name];
  if (!part) throw new PlainError(`dist/${name}.js is damaged. Run “make demo”, then reload.`);
  return part;
}

export function unpackFiles(model: PackedModel): ModelFiles {
  return Object.fromEntries(
    Object.entries(model.files).map(([name, text]) => [name, bytesFromBase64(text)]),
  );
}

function runScript(url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.src = url;
    script.onload = () => resolve();
    script.onerror = () => {
      script.remove();
      const name = url.slice(url.lastIndexOf('/') + 1);
      reject(new PlainError(`dist/${name} is missing. Run “make demo”, then reload this page.`));
    };
    document.head.append(script);
  });
}
