import { BLOCKS } from '../assembly/convolution.mjs';
import { buildKernels } from './build-kernels.mjs';

/** @typedef {'plain' | 'relaxed'} Variant */

/** @type {Partial<Record<Variant, Promise<Uint8Array>>>} */
const built = {};

/** @param {string} name */
const isVariant = (name) => name === 'plain' || name === 'relaxed';

/** @param {Variant} variant */
function kernels(variant) {
  built[variant] ??= buildKernels(variant);
  return built[variant];
}

/**
 * Resolve `kernels:plain` and `kernels:relaxed` to the compiled programs; `embedKernels` must then
 * put them into the text.
 *
 * @type {import('esbuild').Plugin}
 */
export const kernelFiles = {
  name: 'kernels',
  setup(build) {
    build.onResolve({ filter: /^kernels:/ }, ({ path }) => ({
      path: path.slice('kernels:'.length),
      namespace: 'kernels',
    }));
    build.onLoad({ filter: /.*/, namespace: 'kernels' }, async ({ path }) => {
      if (!isVariant(path)) throw new Error(`there are no kernels “${path}”`);
      const blockPixels = BLOCKS[path].map(({ pixels }) => pixels);
      return {
        contents: `export const program = "@kernels:${path}@";
          export const blockPixels = ${JSON.stringify(blockPixels)};`,
      };
    });
  },
};

/**
 * Put the programs into a built script, a character for each byte. Next to nothing is escaped, so
 * that gzip finds what repeats: base64 or escapes would hide it, and cost twice the bytes.
 *
 * @param {string} text
 */
export async function embedKernels(text) {
  const pieces = text.split(/"@kernels:(plain|relaxed)@"/);
  for (let at = 1; at < pieces.length; at += 2) {
    const variant = pieces[at] === 'plain' ? 'plain' : 'relaxed';
    const characters = Buffer.from(await kernels(variant)).toString('latin1');
    const escapes = /** @type {Record<string, string>} */ ({ '\n': '\\n', '\r': '\\r' });
    const escaped = characters.replace(
      /[\n\r"\\]/g,
      (character) => escapes[character] ?? `\\${character}`,
    );
    pieces[at] = `"${escaped}"`;
  }
  return pieces.join('');
}
