import { folderUrl, ofBuild } from './beside';

/**
 * The scripts in the module's folder. Each address is spelled out, because Vite, webpack and others
 * look for this pattern to copy such files.
 */
const BESIDE: Record<string, () => URL> = {
  'halfsize-extras.js': () => new URL('./halfsize-extras.js', import.meta.url),
  'engine-webgpu.js': () => new URL('./engine-webgpu.js', import.meta.url),
  'engine-webgpu-alpha.js': () => new URL('./engine-webgpu-alpha.js', import.meta.url),
  'engine-webgl2.js': () => new URL('./engine-webgl2.js', import.meta.url),
  'engine-webgl2-alpha.js': () => new URL('./engine-webgl2-alpha.js', import.meta.url),
  'engine-wasm.js': () => new URL('./engine-wasm.js', import.meta.url),
  'engine-wasm-alpha.js': () => new URL('./engine-wasm-alpha.js', import.meta.url),
  'engine-tfjs-webgpu.js': () => new URL('./engine-tfjs-webgpu.js', import.meta.url),
  'engine-tfjs-webgl.js': () => new URL('./engine-tfjs-webgl.js', import.meta.url),
  'engine-tfjs-wasm.js': () => new URL('./engine-tfjs-wasm.js', import.meta.url),
  'engine-tfjs-cpu.js': () => new URL('./engine-tfjs-cpu.js', import.meta.url),
};

/** As in ./beside. */
export function besideUrl(name: string, base?: string | URL): string {
  const beside = base === undefined && BESIDE[name]?.();
  return ofBuild(beside || new URL(name, base && folderUrl(base)));
}
