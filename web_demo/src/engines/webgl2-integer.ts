import { INTEGERS } from '../compact/gpu/integer/glsl';
import { integersOf } from '../compact/gpu/integer/layout';
import { openExact } from '../compact/gpu/integer/open';
import { Webgl2Enlarger } from '../compact/gpu/webgl2';
import { openContext } from '../compact/gpu/webgl2-context';
import { requireSameBytes } from '../compact/integer/golden';
import { parseIntegers } from '../compact/integer/network';
import { NETWORK_FILE } from '../core/card';
import type { Engine } from '../core/engine';
import { serve } from '../worker/serve';

const engine: Engine = {
  backend: 'webgl2',
  open: async (files) => {
    const network = parseIntegers(files[NETWORK_FILE] ?? new Uint8Array());
    return openExact(network, async (precision) => {
      const gl = openContext(precision);
      return gl && new Webgl2Enlarger(gl, integersOf(network), INTEGERS, precision);
    });
  },
};

serve(engine, requireSameBytes);
