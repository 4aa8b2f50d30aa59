import { fileURLToPath } from 'node:url';

/** @param {string} name */
const ours = (name) => fileURLToPath(new URL(`../src/tfjs/shims/${name}.ts`, import.meta.url));

const REPLACED = [
  { filter: /^@tensorflow\/tfjs-core$/, path: ours('core') },
  { filter: /^@tensorflow\/tfjs-converter$/, path: ours('converter') },
  { filter: /\/ops_for_converter$/, path: ours('ops') },
  { filter: /\/operation_executor$/, path: ours('executor') },
  { filter: /\/global_util$/, path: ours('global') },
];

/** Tables of operations that no export has, and TF.js's WebAssembly with threads. */
const EMPTIED = new RegExp(
  '/op_list/(control|creation|dynamic|evaluation|hash_table|image|logical|' +
    'normalization|reduction|sparse|spectral|string)$|/tfjs-backend-wasm-threaded-simd\\.(worker\\.)?js$',
);

/**
 * Leave out of TF.js what an export never runs: two thirds of it.
 *
 * @type {import('esbuild').Plugin}
 */
export const prunedTfjs = {
  name: 'pruned-tfjs',
  setup(build) {
    for (const { filter, path } of REPLACED) build.onResolve({ filter }, () => ({ path }));
    build.onResolve({ filter: EMPTIED }, ({ path }) => ({ path, namespace: 'emptied' }));
    build.onLoad({ filter: /.*/, namespace: 'emptied' }, () => ({
      contents:
        'export const json = []; export const wasmWorkerContents = ""; export default undefined;',
    }));
  },
};
