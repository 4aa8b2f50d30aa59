import { type Backend, backendsFor, isBackend, type ModelForm } from '../backend-names';

/** A backend that is no slower than this needs no comparison with the next. */
export const GOOD_MS_PER_MEGAPIXEL = 150;

/** What was measured of one backend that started. */
export type Measured = { backend: Backend; msPerMegapixel: number };

/** In which order to try: what was remembered first, then the rest by merit. */
export function orderToTry(form: ModelForm, remembered: Backend | undefined): Backend[] {
  const all = backendsFor(form);
  if (!remembered || !all.includes(remembered)) return all;
  return [remembered, ...all.filter((backend) => backend !== remembered)];
}

/**
 * Whether to stop at what is measured. A fast backend is taken at once; plain JavaScript is never
 * faster than anything else, so it is not even downloaded where something else runs.
 */
export function isSettled(measured: readonly Measured[], next: Backend | undefined): boolean {
  if (measured.length === 0) return false;
  if (next === undefined || next === 'tfjs-cpu') return true;
  return measured.some(({ msPerMegapixel }) => msPerMegapixel <= GOOD_MS_PER_MEGAPIXEL);
}

/** The fastest, the earlier of equals. Undefined if nothing started. */
export function best<M extends Measured>(measured: readonly M[]): M | undefined {
  let found: M | undefined;
  for (const one of measured) if (!found || one.msPerMegapixel < found.msPerMegapixel) found = one;
  return found;
}

const KEY = 'halfsize:backend';

/** What was measured last in this browser for models of this size, if it is still the same browser. */
export function recall(model: string): Backend | undefined {
  try {
    const stored = JSON.parse(localStorage.getItem(KEY) ?? 'null');
    if (stored?.agent !== navigator.userAgent) return undefined;
    const backend = stored.models?.[model];
    return typeof backend === 'string' && isBackend(backend) ? backend : undefined;
  } catch {
    return undefined; // no storage here, or something else wrote into it
  }
}

export function remember(model: string, backend: Backend): void {
  try {
    const stored = JSON.parse(localStorage.getItem(KEY) ?? 'null');
    const models = stored?.agent === navigator.userAgent ? stored.models : {};
    const entry = { agent: navigator.userAgent, models: { ...models, [model]: backend } };
    localStorage.setItem(KEY, JSON.stringify(entry));
  } catch {
    // Private windows and file:// may have no storage: then it is measured again.
  }
}

/** Renderers that compute on the CPU: WebAssembly does that better. */
const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render/i;

/**
 * Why a backend cannot start here, as far as that is known without downloading its engine.
 *
 * @param picky whether a software renderer is a reason too: not where the caller chose it.
 */
export async function missing(backend: Backend, picky: boolean): Promise<string | undefined> {
  switch (backend) {
    case 'webgpu':
    case 'tfjs-webgpu':
      return missingWebgpu(picky);
    case 'webgl2':
    case 'tfjs-webgl':
      return missingWebgl(picky);
    case 'wasm':
    case 'tfjs-wasm':
      return typeof WebAssembly === 'object' ? undefined : 'it is switched off';
    case 'tfjs-cpu':
      return undefined;
  }
}

async function missingWebgpu(picky: boolean): Promise<string | undefined> {
  if (!('gpu' in navigator)) return 'this browser has no WebGPU here';
  const adapter = await navigator.gpu.requestAdapter().catch(() => null);
  if (!adapter) return 'there is no adapter';
  const { info } = adapter;
  const soft =
    info?.isFallbackAdapter || SOFTWARE.test(`${info?.architecture} ${info?.description}`);
  return picky && soft ? 'its adapter is software' : undefined;
}

function missingWebgl(picky: boolean): string | undefined {
  const settings = { failIfMajorPerformanceCaveat: true };
  const gl = document
    .createElement('canvas')
    .getContext('webgl2', settings) as WebGL2RenderingContext | null;
  if (!gl) return 'this browser has no fast WebGL 2 here';
  const named = gl.getExtension('WEBGL_debug_renderer_info')?.UNMASKED_RENDERER_WEBGL;
  const renderer = String(gl.getParameter(named ?? gl.RENDERER));
  gl.getExtension('WEBGL_lose_context')?.loseContext();
  return picky && SOFTWARE.test(renderer) ? 'its renderer is software' : undefined;
}
