import { openAccurate, type Precision } from '../compact/gpu/precision';
import { WebgpuEnlarger } from '../compact/gpu/webgpu';
import { parseNetwork } from '../compact/network';
import { NETWORK_FILE } from '../core/card';
import type { Engine, Enlarger } from '../core/engine';
import { requireGoldenCases } from '../core/golden';
import { enlargePixels } from '../worker/enlarge';
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

/** The model that was opened last. */
let opened: Enlarger | undefined;

const engine: Engine = {
  backend: 'webgpu',
  open: async (files) => {
    const network = parseNetwork(files[NETWORK_FILE] ?? new Uint8Array());
    opened = await openAccurate(network, async (precision) => {
      const device = await openDevice(precision);
      return device && new WebgpuEnlarger(device, network, precision);
    });
    return opened;
  },
};

serve(engine, requireGoldenCases, async (message, model, work, breathe) => {
  const { picture, colorSpace, output } = message;
  const isPixels = 'data' in picture || output === 'imagedata';
  const painted = isPixels ? undefined : await opened?.paint?.(picture, colorSpace, work);
  return painted ?? enlargePixels(message, model, work, breathe);
});
