import { buildRows } from './build-kernels.mjs';

const MARK = '@kernels:rows@';

/**
 * Every byte is XORed with this: most then are ASCII, which takes one byte in the script instead of
 * two. Found by trying all values.
 */
const SWAP = 109;

/** @type {Promise<Uint8Array> | undefined} */
let built;

/** The compiled program, built once for all scripts. */
function rows() {
  built ??= buildRows();
  return built;
}

/**
 * Resolve `kernels:rows` to the compiled program; `embedKernels` must then put it into the text.
 *
 * @type {import('esbuild').Plugin}
 */
export const kernelFiles = {
  name: 'kernels',
  setup(build) {
    build.onResolve({ filter: /^kernels:rows$/ }, ({ path }) => ({ path, namespace: 'kernels' }));
    build.onLoad({ filter: /.*/, namespace: 'kernels' }, async () => {
      // The minifier would use the mark's length instead of the program's.
      const { length } = await rows();
      const contents = `export const program = "${MARK}"; export const swap = ${SWAP}; export const size = ${length};`;
      return { contents };
    });
  },
};

/**
 * Put the program into a built script, a character for each byte. Next to nothing is escaped, so
 * that gzip finds what repeats: base64 or escapes would hide it, and cost twice the bytes.
 *
 * @param {string} text
 */
export async function embedKernels(text) {
  const [before, after] = text.split(`"${MARK}"`);
  if (after === undefined) return text;
  const characters = Buffer.from((await rows()).map((byte) => byte ^ SWAP)).toString('latin1');
  const escapes = /** @type {Record<string, string>} */ ({ '\n': '\\n', '\r': '\\r' });
  const escaped = characters.replace(
    /[\n\r"\\]/g,
    (character) => escapes[character] ?? `\\${character}`,
  );
  return `${before}"${escaped}"${after}`;
}
