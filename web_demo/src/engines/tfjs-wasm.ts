import { BackendWasm, init, setWasmPaths } from '@tensorflow/tfjs-backend-wasm/dist/backend_wasm';
import simd from '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-simd.wasm';
import '@tensorflow/tfjs-backend-wasm/dist/flags_wasm';
import { KERNELS } from 'tfjs-kernels:wasm';
import * as tf from '@tensorflow/tfjs-core';
import { bytesFromBase64 } from '../core/base64';
import { serveTfjs } from '../tfjs/engine';

const NAME = 'tfjs-backend-wasm-simd.wasm';

/**
 * Serve TF.js its program from this script when it asks its platform to fetch it. Nothing is fetched,
 * so that it works on file:// and under any connect-src.
 */
function offerProgram(): void {
  const { platform } = tf.env();
  const fetchOther = platform.fetch.bind(platform);
  platform.fetch = (path, options) =>
    path === NAME
      ? Promise.resolve(new Response(bytesFromBase64(simd)))
      : fetchOther(path, options);
  setWasmPaths(
    {
      [NAME]: NAME,
      'tfjs-backend-wasm.wasm': NAME, // never read: without SIMD the backend is refused
      'tfjs-backend-wasm-threaded-simd.wasm': NAME, // nor this: threads are off
    },
    true,
  );
}

async function make(): Promise<BackendWasm> {
  if (!(await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT'))) throw new Error('it has no SIMD');
  // Threads need shared memory, which needs special headers.
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  return new BackendWasm((await init()).wasm);
}

offerProgram();
serveTfjs({ backend: 'tfjs-wasm', kernels: KERNELS, make });
