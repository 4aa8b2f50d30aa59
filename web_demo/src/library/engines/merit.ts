import { BACKENDS, type Backend, backendsFor, type ModelForm } from '../../core/backends';

/** A backend as fast as this is chosen without a comparison with the next. */
export const GOOD_MS_PER_MEGAPIXEL = 150;

/** A measurement of a backend that started. */
export type MeasuredBackend = { backend: Backend; msPerMegapixel: number };

/** In which order to try: what was remembered first, then the rest by merit. */
export function orderToTry(form: ModelForm, remembered: Backend | undefined): Backend[] {
  const all = backendsFor(form);
  return [...new Set([...all.filter((backend) => backend === remembered), ...all])];
}

/**
 * Whether to stop at what is measured. A fast backend is taken at once; plain JavaScript is never
 * faster than anything else, so it is not even downloaded where something else runs.
 */
export function isSettled(
  measured: readonly MeasuredBackend[],
  next: Backend | undefined,
): boolean {
  if (measured.length === 0) return false;
  if (next === undefined || next === 'tfjs-cpu') return true;
  return measured.some(({ msPerMegapixel }) => msPerMegapixel <= GOOD_MS_PER_MEGAPIXEL);
}

/** The fastest, the earlier of equals. Undefined if nothing started. */
export function best<M extends MeasuredBackend>(measured: readonly M[]): M | undefined {
  let found: M | undefined;
  for (const one of measured) if (!found || one.msPerMegapixel < found.msPerMegapixel) found = one;
  return found;
}

const KEY = 'halfsize:backend';

/** The best backend for each model, as measured by this version of the browser. */
function known(): Record<string, unknown> {
  try {
    const { agent, models } = JSON.parse(localStorage.getItem(KEY) ?? '{}');
    return agent === navigator.userAgent ? { ...models } : {};
  } catch {
    return {}; // no storage here, or something else wrote into it
  }
}

/** The backend that was fastest for this model before. */
export function recall(model: string): Backend | undefined {
  const { [model]: backend } = known();
  return BACKENDS.find((name) => name === backend);
}

export function remember(model: string, backend: Backend): void {
  const entry = { agent: navigator.userAgent, models: { ...known(), [model]: backend } };
  try {
    localStorage.setItem(KEY, JSON.stringify(entry));
  } catch {
    // Private windows and file:// may have no storage: then it is measured again.
  }
}

/** Renderers that compute on the CPU: WebAssembly does that better. */
const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render/i;

/**
 * Why a backend cannot start here, as far as is known without downloading its engine.
 *
 * @param picky whether a software renderer counts as a reason: not if the caller chose the backend.
 */
export async function missing(backend: Backend, picky: boolean): Promise<string | undefined> {
  if (backend.includes('webgpu')) return missingWebgpu(picky);
  if (backend.includes('webgl')) return missingWebgl(picky);
  const isOff = backend.includes('wasm') && typeof WebAssembly !== 'object';
  return isOff ? 'it is switched off' : undefined;
}

async function missingWebgpu(picky: boolean): Promise<string | undefined> {
  const adapter = await navigator.gpu?.requestAdapter().catch(() => null);
  if (!adapter) return 'this browser does not offer it';
  const { info } = adapter;
  const soft =
    info?.isFallbackAdapter || SOFTWARE.test(`${info?.architecture} ${info?.description}`);
  return picky && soft ? 'its adapter is a software renderer' : undefined;
}

function missingWebgl(picky: boolean): string | undefined {
  const settings = { failIfMajorPerformanceCaveat: true };
  // Engines draw off the page: some browsers offer it on the page alone.
  const isHere = typeof OffscreenCanvas === 'function';
  const canvas = isHere ? new OffscreenCanvas(1, 1) : document.createElement('canvas');
  const gl = canvas.getContext('webgl2', settings) as WebGL2RenderingContext | null;
  if (!gl) return 'this browser does not offer a fast one';
  const named = gl.getExtension('WEBGL_debug_renderer_info')?.UNMASKED_RENDERER_WEBGL;
  const renderer = String(gl.getParameter(named ?? gl.RENDERER));
  gl.getExtension('WEBGL_lose_context')?.loseContext();
  return picky && SOFTWARE.test(renderer) ? 'it is a software renderer' : undefined;
}
