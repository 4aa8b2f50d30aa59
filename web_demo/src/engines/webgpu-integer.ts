import { integersOf } from '../compact/gpu/integer/layout';
import { openExact } from '../compact/gpu/integer/open';
import { INTEGERS } from '../compact/gpu/integer/wgsl';
import { WebgpuEnlarger } from '../compact/gpu/webgpu';
import { openDevice } from '../compact/gpu/webgpu-adapter';
import { requireSameBytes } from '../compact/integer/golden';
import { parseIntegers } from '../compact/integer/network';
import { NETWORK_FILE } from '../core/card';
import { servePainter } from '../worker/paint';

servePainter(
  {
    backend: 'webgpu',
    open: async (files) => {
      const network = parseIntegers(files[NETWORK_FILE] ?? new Uint8Array());
      return openExact(network, async (precision) => {
        const device = await openDevice(precision);
        return device && new WebgpuEnlarger(device, integersOf(network), INTEGERS, precision);
      });
    },
  },
  requireSameBytes,
);
