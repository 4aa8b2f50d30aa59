/** Build dist/bench/engine.js: the WebAssembly engines' chains, and loops of one instruction each. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { buildKernels } from '../scripts/build-kernels.mjs';

const root = fileURLToPath(new URL('../', import.meta.url));

/** @param {string} name */
const embedded = async (name) =>
  JSON.stringify(Buffer.from(await buildKernels(name)).toString('base64'));

await build({
  absWorkingDir: root,
  entryPoints: ['bench/engine.ts'],
  outfile: path.join(root, 'dist', 'bench', 'engine.js'),
  bundle: true,
  minify: true,
  format: 'iife',
  platform: 'browser',
  target: 'es2022',
  logLevel: 'error',
  define: { FLOAT_ROWS: await embedded('rows'), INTEGER_ROWS: await embedded('integer-rows') },
});
