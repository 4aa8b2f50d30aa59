import { program, size, swap } from 'kernels:rows';
import { NETWORK_FILE } from '../../core/card';
import type { Engine } from '../../core/engine';
import { parseNetwork } from '../network';
import { WasmChain } from './chain';
import { floatsOf } from './no-floats';
import { compileProgram } from './program';
import { unpacked } from './unpack';

// Compiled while the model is being fetched.
const compiled = compileProgram(unpacked(program, size, swap));
compiled.catch(() => undefined); // opening a model reports it

/** The compact runtime on WebAssembly. */
export const wasmEngine: Engine = {
  backend: 'wasm',
  open: async (files) => {
    const network = parseNetwork(files[NETWORK_FILE] ?? new Uint8Array());
    const chain = new WasmChain(await (await compiled)(), network);
    return {
      ...floatsOf(chain),
      golden: network.golden,
      runBytes: async (pixels, height, width) => chain.enlargeBytes_(pixels, height, width),
      dispose: () => undefined,
    };
  },
};
