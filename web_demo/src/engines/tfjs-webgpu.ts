import '@tensorflow/tfjs-backend-webgpu/dist/flags_webgpu';
import { KERNELS } from 'tfjs-kernels:webgpu';
import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu/dist/backend_webgpu';
import { serveTfjs } from '../tfjs/engine';

const losses = new WeakMap<WebGPUBackend, Promise<string>>();
const troubles = new WeakMap<WebGPUBackend, string>();

const LIMITS = [
  'maxComputeWorkgroupStorageSize',
  'maxComputeWorkgroupsPerDimension',
  'maxStorageBufferBindingSize',
  'maxBufferSize',
  'maxComputeWorkgroupSizeX',
  'maxComputeInvocationsPerWorkgroup',
] as const;

async function make(): Promise<WebGPUBackend> {
  const adapter = await navigator.gpu?.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) throw new Error('the browser offers no adapter');
  const device = await adapter.requestDevice({
    requiredLimits: Object.fromEntries(LIMITS.map((name) => [name, adapter.limits[name]])),
  });
  const backend = new WebGPUBackend(device, adapter.info);
  // WebGPU goes on after errors, with zeros: remember them until someone asks.
  device.addEventListener('uncapturederror', ({ error }) => troubles.set(backend, error.message));
  const lost = device.lost.then(({ message }) => `the device was lost: ${message}`);
  losses.set(backend, lost);
  return backend;
}

serveTfjs({
  backend: 'tfjs-webgpu',
  kernels: KERNELS,
  make,
  trouble: async (backend) => troubles.get(backend),
  lost: (backend) => losses.get(backend) as Promise<string>,
});
