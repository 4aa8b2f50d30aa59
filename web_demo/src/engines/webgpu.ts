import '@tensorflow/tfjs-backend-webgpu/dist/flags_webgpu';
import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu/dist/backend_webgpu';
import { serve } from '../worker/serve';
import { tfjsEngine } from './tfjs';
import { KERNELS } from './webgpu-kernels';

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
  void device.lost.then(({ message }) => troubles.set(backend, `the device was lost: ${message}`));
  return backend;
}

serve(
  tfjsEngine({
    backend: 'webgpu',
    kernels: KERNELS,
    make,
    trouble: async (backend) => troubles.get(backend),
  }),
);
