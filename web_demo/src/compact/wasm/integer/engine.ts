import { program, size, swap } from 'kernels:integer-rows';
import { NETWORK_FILE } from '../../../core/card';
import type { Engine, Enlarger } from '../../../core/engine';
import { requireSameBytes } from '../../integer/golden';
import { parseIntegers } from '../../integer/network';
import { unpacked } from '../unpack';
import { IntegerChain } from './chain';
import { multipliesBytes } from './convolution';
import { compileProgram } from './program';

// Compiled while the model is being fetched.
const compiled = compileProgram(unpacked(program, size, swap));
compiled.catch(() => undefined); // opening a model reports it

/** The compact runtime on WebAssembly, for students in whole numbers. */
export const integerWasmEngine: Engine = {
  backend: 'wasm',
  open: async (files) => {
    const network = parseIntegers(files[NETWORK_FILE] ?? new Uint8Array());
    const open = async (hasBytes: boolean): Promise<Enlarger> => {
      const chain = await IntegerChain.start(await compiled, network, hasBytes);
      return {
        checks: network.golden,
        runBytes: async (pixels, height, width) => chain.enlargeBytes(pixels, height, width),
        dispose: () => undefined,
      };
    };
    if (network.bits === 7 && multipliesBytes()) {
      const fast = await open(true);
      // The first browsers that multiplied bytes took one of them for the other.
      if (await requireSameBytes(fast).catch(() => false)) return fast;
    }
    return open(false);
  },
};
