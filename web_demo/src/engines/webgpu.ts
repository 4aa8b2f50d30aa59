import { chainOf } from '../compact/gpu/layout';
import { openAccurate } from '../compact/gpu/precision';
import { WebgpuEnlarger } from '../compact/gpu/webgpu';
import { openDevice } from '../compact/gpu/webgpu-adapter';
import { FLOATS } from '../compact/gpu/wgsl';
import { parseNetwork } from '../compact/network';
import { NETWORK_FILE } from '../core/card';
import { requireGoldenCases } from '../core/golden';
import { servePainter } from '../worker/paint';

servePainter(
  {
    backend: 'webgpu',
    open: async (files) => {
      const network = parseNetwork(files[NETWORK_FILE] ?? new Uint8Array());
      return openAccurate(network, async (precision) => {
        const device = await openDevice(precision);
        return device && new WebgpuEnlarger(device, chainOf(network), FLOATS, precision);
      });
    },
  },
  requireGoldenCases,
);
