import { program, swap } from 'kernels:rows';
import type { Engine } from '../engine';
import { NETWORK_FILE } from './file-name';
import { compileProgram, type StartProgram } from './kernels';
import { parseNetwork } from './network';
import { floatsOf } from './no-floats';
import { WasmChain } from './wasm-chain';

let compiled: Promise<StartProgram> | undefined;

/** The small runtime on WebAssembly. */
export const wasmEngine: Engine = {
  backend: 'wasm',
  open: async (files) => {
    const network = parseNetwork(files[NETWORK_FILE] ?? new Uint8Array());
    compiled ??= compileProgram(Uint8Array.from(program, (text) => text.charCodeAt(0) ^ swap));
    const start = await compiled;
    const chain = new WasmChain(await start(), network);
    return {
      ...floatsOf(chain),
      runBytes: async (pixels, height, width) => chain.enlargeBytes(pixels, height, width),
      dispose: () => undefined,
    };
  },
};
