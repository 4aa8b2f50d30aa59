import { buildKernels } from './build-kernels.mjs';

const MARK = /"@kernels:([\w-]+)@"/;

/**
 * Every byte is XORed with this: most then are ASCII, which takes one byte in the script instead of
 * two. Found by trying all values.
 */
const SWAP = 109;

/** @type {Map<string, Promise<Uint8Array>>} */
const built = new Map();

/**
 * A compiled program, built once for all scripts.
 *
 * @param {string} name
 */
async function compiled(name) {
  const program = built.get(name) ?? buildKernels(name);
  built.set(name, program);
  return program;
}

/**
 * Resolve `kernels:NAME` to the compiled program of assembly/NAME.ts; `embedKernels` must then put it into
 * the text.
 *
 * @type {import('esbuild').Plugin}
 */
export const kernelFiles = {
  name: 'kernels',
  setup(build) {
    build.onResolve({ filter: /^kernels:/ }, ({ path }) => ({ path, namespace: 'kernels' }));
    build.onLoad({ filter: /.*/, namespace: 'kernels' }, async ({ path }) => {
      // The minifier would use the mark's length instead of the program's.
      const { length } = await compiled(path.replace('kernels:', ''));
      const contents = `export const program = "@${path}@"; export const swap = ${SWAP}; export const size = ${length};`;
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
  const [mark, name] = MARK.exec(text) ?? [];
  if (mark === undefined || name === undefined) return text;
  const program = await compiled(name);
  const characters = Buffer.from(program.map((byte) => byte ^ SWAP)).toString('latin1');
  const escapes = /** @type {Record<string, string>} */ ({ '\n': '\\n', '\r': '\\r' });
  const escaped = characters.replace(
    /[\n\r"\\]/g,
    (character) => escapes[character] ?? `\\${character}`,
  );
  return text.replace(mark, () => `"${escaped}"`);
}
