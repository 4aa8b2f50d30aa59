/** Built to dist/wasm.js, which the page loads only when it comes to WebAssembly. */
import plain from '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm.wasm';
import simd from '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-simd.wasm';

globalThis.halfsizeParts = { ...globalThis.halfsizeParts, wasm: { simd, plain } };
