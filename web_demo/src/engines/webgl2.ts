import { openAccurate } from '../compact/gpu/precision';
import { Webgl2Enlarger } from '../compact/gpu/webgl2';
import { parseNetwork } from '../compact/network';
import { NETWORK_FILE } from '../core/card';
import { requireGoldenCases } from '../core/golden';
import { serve } from '../worker/serve';

serve(
  {
    backend: 'webgl2',
    open: async (files) => {
      const network = parseNetwork(files[NETWORK_FILE] ?? new Uint8Array());
      return openAccurate(network, async (precision) => {
        const settings = { powerPreference: 'high-performance' } as const;
        const gl = new OffscreenCanvas(1, 1).getContext('webgl2', settings);
        if (!gl) throw new Error('the browser does not offer it');
        const isOffered =
          gl.getExtension('EXT_color_buffer_float') ??
          (precision === 'float16' && gl.getExtension('EXT_color_buffer_half_float'));
        return isOffered ? new Webgl2Enlarger(gl, network, precision) : undefined;
      });
    },
  },
  requireGoldenCases,
);
