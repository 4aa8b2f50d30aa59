import { NETWORK_FILE } from '../compact/file-name';
import { parseNetwork } from '../compact/network';
import { openAccurate, type Precision } from '../compact/precision';
import { WebgpuEnlarger } from '../compact/webgpu';
import { serve } from '../worker/serve';

const LIMITS = ['maxBufferSize', 'maxStorageBufferBindingSize', 'maxTextureDimension2D'] as const;

async function openDevice(precision: Precision): Promise<GPUDevice | undefined> {
  const adapter = await navigator.gpu?.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) throw new Error('the browser offers no adapter');
  if (precision === 'float16' && !adapter.features.has('shader-f16')) return undefined;
  return adapter.requestDevice({
    requiredFeatures: precision === 'float16' ? ['shader-f16'] : [],
    requiredLimits: Object.fromEntries(LIMITS.map((name) => [name, adapter.limits[name]])),
  });
}

serve({
  backend: 'webgpu',
  open: async (files) => {
    const network = parseNetwork(files[NETWORK_FILE] ?? new Uint8Array());
    return openAccurate(network, async (precision) => {
      const device = await openDevice(precision);
      return device && new WebgpuEnlarger(device, network, precision);
    });
  },
});
