import type { Backend } from '../backend-names';

/**
 * Where the engines' scripts are: beside this one. Each address is written out whole, because that
 * is what Vite, webpack and others look for to copy such files along.
 */
const BESIDE: Record<Backend, () => URL> = {
  webgpu: () => new URL('./engine-webgpu.js', import.meta.url),
  webgl2: () => new URL('./engine-webgl2.js', import.meta.url),
  wasm: () => new URL('./engine-wasm.js', import.meta.url),
  'tfjs-webgpu': () => new URL('./engine-tfjs-webgpu.js', import.meta.url),
  'tfjs-webgl': () => new URL('./engine-tfjs-webgl.js', import.meta.url),
  'tfjs-wasm': () => new URL('./engine-tfjs-wasm.js', import.meta.url),
  'tfjs-cpu': () => new URL('./engine-tfjs-cpu.js', import.meta.url),
};

let folder: string | undefined;

/** Look for scripts in this folder, where a page says that they are not beside this one. */
export function setFolder(base: string | URL | undefined): void {
  if (base !== undefined) folder = new URL(base, document.baseURI).href;
}

/** The address of the script that src/library/extras.ts becomes. */
export function extrasUrl(): string {
  if (folder === undefined) return new URL('./halfsize-extras.js', import.meta.url).href;
  return new URL('halfsize-extras.js', folder.endsWith('/') ? folder : `${folder}/`).href;
}

/** The address of an engine's script; `base` is a folder to look in instead. */
export function engineUrl(backend: Backend, base?: string | URL): string {
  if (base === undefined) return BESIDE[backend]().href;
  const folder = new URL(base, document.baseURI).href;
  return new URL(`engine-${backend}.js`, folder.endsWith('/') ? folder : `${folder}/`).href;
}
