import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-webgl';
import '@tensorflow/tfjs-backend-webgpu';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';

/** TF.js's own names for its backends. */
export const TFJS_BACKENDS = ['cpu', 'wasm', 'webgl', 'webgpu'] as const;

type Backend = (typeof TFJS_BACKENDS)[number];

/** The two WebAssembly programs of TF.js: `plain` runs where SIMD is missing. */
export type WasmBinaries = { simd: Uint8Array<ArrayBuffer>; plain: Uint8Array<ArrayBuffer> };

let wasmUrls: readonly string[] = [];

/**
 * Make `backend` the one that TF.js computes with.
 *
 * Returns false where it does not start in this browser, and leaves no half-started one behind.
 */
export async function startBackend(backend: Backend, wasm?: WasmBinaries): Promise<boolean> {
  if (backend === 'wasm') {
    if (!wasm) throw new Error('the wasm backend needs its binaries');
    offerWasm(wasm);
  }
  try {
    if (!(await tf.setBackend(backend))) return false;
    await tf.ready();
    return tf.getBackend() === backend;
  } catch {
    return false;
  }
}

/** Hand TF.js its binaries as blob URLs, so that nothing is fetched from disk or network. */
function offerWasm({ simd, plain }: WasmBinaries): void {
  if (wasmUrls.length > 0) return;
  // Threads need shared memory, which needs special headers and never exists on file://.
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  const type = 'application/wasm';
  const simdUrl = URL.createObjectURL(new Blob([simd], { type }));
  const plainUrl = URL.createObjectURL(new Blob([plain], { type }));
  wasmUrls = [simdUrl, plainUrl];
  setWasmPaths({
    'tfjs-backend-wasm.wasm': plainUrl,
    'tfjs-backend-wasm-simd.wasm': simdUrl,
    'tfjs-backend-wasm-threaded-simd.wasm': simdUrl, // never read: threads are off
  });
}
