import { folderUrl, ofBuild } from './beside';
import { renamed } from './trusted';

/**
 * The scripts in the module's folder. Each address is spelled out, because Vite, webpack and others
 * look for this pattern to copy such files.
 */
const BESIDE: Record<string, () => URL> = {
  'halfsize-extras.js': () => new URL('./halfsize-extras.js', import.meta.url),
  'engine-webgpu.js': () => new URL('./engine-webgpu.js', import.meta.url),
  'engine-webgpu-alpha.js': () => new URL('./engine-webgpu-alpha.js', import.meta.url),
  'engine-webgpu-integer.js': () => new URL('./engine-webgpu-integer.js', import.meta.url),
  'engine-webgpu-integer-alpha.js': () =>
    new URL('./engine-webgpu-integer-alpha.js', import.meta.url),
  'engine-webgl2.js': () => new URL('./engine-webgl2.js', import.meta.url),
  'engine-webgl2-alpha.js': () => new URL('./engine-webgl2-alpha.js', import.meta.url),
  'engine-webgl2-integer.js': () => new URL('./engine-webgl2-integer.js', import.meta.url),
  'engine-webgl2-integer-alpha.js': () =>
    new URL('./engine-webgl2-integer-alpha.js', import.meta.url),
  'engine-wasm.js': () => new URL('./engine-wasm.js', import.meta.url),
  'engine-wasm-alpha.js': () => new URL('./engine-wasm-alpha.js', import.meta.url),
  'engine-wasm-integer.js': () => new URL('./engine-wasm-integer.js', import.meta.url),
  'engine-wasm-integer-alpha.js': () => new URL('./engine-wasm-integer-alpha.js', import.meta.url),
};

/** As in ./beside. The engines of TF.js are in a package of their own, which says where they are. */
export function besideUrl(name: string, base?: string | URL): string {
  if (base !== undefined) return ofBuild(new URL(name, folderUrl(base)));
  const known = BESIDE[name] ?? globalThis.halfsizeParts?.beside?.[name];
  // Next.js gives a URL of its own kind, which has a path alone and cannot be changed.
  const url = ofBuild(known ? new URL(known().href, document.baseURI) : new URL(name, HERE));
  if (known) renamed.add(url);
  return url;
}

// Not where bundlers see it: they would look for a file whose name nobody knows.
const HERE = import.meta.url;
