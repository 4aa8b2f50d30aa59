/** The compact runtime's engines, then TF.js's backends, each by merit. */
export const BACKENDS = [
  'webgpu',
  'webgl2',
  'wasm',
  'tfjs-webgpu',
  'tfjs-webgl',
  'tfjs-wasm',
  'tfjs-cpu',
] as const;

export type Backend = (typeof BACKENDS)[number];

/**
 * The engines' scripts. Those of the compact runtime run students in floats, `-integer` those in whole
 * numbers; they handle opaque pictures, `-alpha` handles all.
 */
export type EngineName = `${Backend}${'' | '-integer'}${'' | '-alpha'}`;

/**
 * The form of a model: one file for the compact runtime, which computes in floats or in whole numbers, or a
 * TF.js graph model.
 */
export type ModelForm = 'compact' | 'integer' | 'tfjs';

export const BACKEND_LABELS: Record<Backend, string> = {
  webgpu: 'WebGPU',
  webgl2: 'WebGL 2',
  wasm: 'WebAssembly',
  'tfjs-webgpu': 'TF.js on WebGPU',
  'tfjs-webgl': 'TF.js on WebGL',
  'tfjs-wasm': 'TF.js on WebAssembly',
  'tfjs-cpu': 'TF.js on the CPU',
};

/** A backend, or a short name for a place to compute; the model's form decides on the runtime. */
export type BackendName = Backend | 'webgl' | 'cpu';

export function isBackendName(name: string): name is BackendName {
  return ([...BACKENDS, 'webgl', 'cpu'] as string[]).includes(name);
}

/** The backend that a name means for a model of this form. */
export function backendFor(name: BackendName, form: ModelForm): Backend {
  const isOther = name === 'cpu' || (form === 'tfjs' && !isTfjs(name));
  const wanted = isOther ? `tfjs-${name.replace('2', '')}` : name.replace(/^webgl$/, 'webgl2');
  return wanted as Backend;
}

/** The backends to try for a model of this form, the best first. */
export function backendsFor(form: ModelForm): Backend[] {
  return BACKENDS.filter((name) => isTfjs(name) === (form === 'tfjs'));
}

function isTfjs(backend: string): boolean {
  return backend.startsWith('tfjs-');
}

export function isGpu(backend: Backend): boolean {
  return /gl|gpu/.test(backend);
}
