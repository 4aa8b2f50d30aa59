/** The package of TF.js's engines: tells the library where they are. */
import type {} from '../library/parts';

const parts = globalThis.halfsizeParts ?? {};
globalThis.halfsizeParts = parts;
// Each address is spelled out, for bundlers look for this pattern.
parts.beside = {
  'engine-tfjs-webgpu.js': () => new URL('./engine-tfjs-webgpu.js', import.meta.url),
  'engine-tfjs-webgl.js': () => new URL('./engine-tfjs-webgl.js', import.meta.url),
  'engine-tfjs-wasm.js': () => new URL('./engine-tfjs-wasm.js', import.meta.url),
  'engine-tfjs-cpu.js': () => new URL('./engine-tfjs-cpu.js', import.meta.url),
};
