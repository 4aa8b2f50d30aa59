import type { Backend } from '../backend-names';

/**
 * Where the engines' scripts are: beside this one. Each address is written out whole, because that
 * is what Vite, webpack and others look for to copy such files along.
 */
const BESIDE: Record<Backend, () => URL> = {
  webgpu: () => new URL('./engine-webgpu.js', import.meta.url),
  webgl: () => new URL('./engine-webgl.js', import.meta.url),
  wasm: () => new URL('./engine-wasm.js', import.meta.url),
  cpu: () => new URL('./engine-cpu.js', import.meta.url),
};

/** The address of an engine's script; `base` is a folder to look in instead. */
export function engineUrl(backend: Backend, base?: string | URL): string {
  if (base === undefined) return BESIDE[backend]().href;
  const folder = new URL(base, document.baseURI).href;
  return new URL(`engine-${backend}.js`, folder.endsWith('/') ? folder : `${folder}/`).href;
}
