import { FLOATS } from '../compact/gpu/glsl';
import { chainOf } from '../compact/gpu/layout';
import { openAccurate } from '../compact/gpu/precision';
import { Webgl2Enlarger } from '../compact/gpu/webgl2';
import { openContext } from '../compact/gpu/webgl2-context';
import { parseNetwork } from '../compact/network';
import { NETWORK_FILE } from '../core/card';
import type { Engine } from '../core/engine';
import { requireGoldenCases } from '../core/golden';
import { serve } from '../worker/serve';

const engine: Engine = {
  backend: 'webgl2',
  open: async (files) => {
    const network = parseNetwork(files[NETWORK_FILE] ?? new Uint8Array());
    return openAccurate(network, async (precision) => {
      const gl = openContext(precision);
      return gl && new Webgl2Enlarger(gl, chainOf(network), FLOATS, precision);
    });
  },
};

serve(engine, requireGoldenCases);
