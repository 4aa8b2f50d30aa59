/** The small runtime's engines, then TF.js's backends, each by merit. */
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

/** What a model's folder holds: one file for the small runtime, or a TF.js graph model. */
export type ModelForm = 'compact' | 'tfjs';

export const BACKEND_LABELS: Record<Backend, string> = {
  webgpu: 'WebGPU',
  webgl2: 'WebGL 2',
  wasm: 'WebAssembly',
  'tfjs-webgpu': 'TF.js on WebGPU',
  'tfjs-webgl': 'TF.js on WebGL',
  'tfjs-wasm': 'TF.js on WebAssembly',
  'tfjs-cpu': 'TF.js on the CPU',
};

/** Short names that say where to compute, and leave it to the model by what. */
const PLACES: Record<string, Record<ModelForm, Backend>> = {
  webgpu: { compact: 'webgpu', tfjs: 'tfjs-webgpu' },
  webgl: { compact: 'webgl2', tfjs: 'tfjs-webgl' },
  webgl2: { compact: 'webgl2', tfjs: 'tfjs-webgl' },
  wasm: { compact: 'wasm', tfjs: 'tfjs-wasm' },
  cpu: { compact: 'tfjs-cpu', tfjs: 'tfjs-cpu' },
};

export type BackendName = Backend | 'webgl' | 'cpu';

export function isBackendName(name: string): name is BackendName {
  return name in PLACES || (BACKENDS as readonly string[]).includes(name);
}

/** The backend that a name means for a model of this form. */
export function backendFor(name: BackendName, form: ModelForm): Backend {
  return PLACES[name]?.[form] ?? (name as Backend);
}

/** What is tried for a model of this form, the best first. TF.js only where it must be. */
export function backendsFor(form: ModelForm): Backend[] {
  return BACKENDS.filter((name) => isTfjs(name) === (form === 'tfjs'));
}

export function isTfjs(backend: Backend): boolean {
  return backend.startsWith('tfjs-');
}

export function isGpu(backend: Backend): boolean {
  return backend.includes('gl') || backend.includes('gpu');
}

export function isBackend(name: string): name is Backend {
  return (BACKENDS as readonly string[]).includes(name);
}
