import { ModelMismatch } from '../core/errors';
import { type Parts, runScript } from '../library/parts';

// Known only while the script first runs.
const here = document.currentScript instanceof HTMLScriptElement ? document.currentScript.src : '';

/** Load a part when it is first needed: what the page starts with stays small. */
export async function loadPart<Name extends keyof Parts>(
  name: Name,
  file: string = name,
): Promise<NonNullable<Parts[Name]>> {
  if (!globalThis.halfsizeParts?.[name]) {
    await runScript(new URL(`${file}.js`, here).href).catch(() => {
      throw new ModelMismatch(
        `dist/${file}.js is missing. Run “make demo”, then reload this page.`,
      );
    });
  }
  const part = globalThis.halfsizeParts?.[name];
  if (!part) throw new ModelMismatch(`dist/${file}.js is damaged. Run “make demo”, then reload.`);
  return part;
}
