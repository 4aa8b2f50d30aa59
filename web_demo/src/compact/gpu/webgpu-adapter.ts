import type { Precision } from './precision';

const LIMITS = ['maxBufferSize', 'maxStorageBufferBindingSize', 'maxTextureDimension2D'] as const;

/** A device, or undefined where it does not compute with floats of this precision. */
export async function openDevice(precision: Precision): Promise<GPUDevice | undefined> {
  const adapter = await navigator.gpu?.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) throw new Error('the browser offers no adapter');
  if (precision === 'float16' && !adapter.features.has('shader-f16')) return undefined;
  return adapter.requestDevice({
    requiredFeatures: precision === 'float16' ? ['shader-f16'] : [],
    requiredLimits: Object.fromEntries(LIMITS.map((name) => [name, adapter.limits[name]])),
  });
}
