import * as plain from 'kernels:plain';
import * as relaxed from 'kernels:relaxed';
import type { Engine } from '../engine';
import { NETWORK_FILE } from './file-name';
import type { Kernels } from './kernels';
import { parseNetwork } from './network';
import { floatsOf } from './no-floats';
import { WasmChain } from './wasm-chain';

let compiled: Promise<[WebAssembly.Module, readonly number[]]> | undefined;

/** The small runtime on WebAssembly. */
export const wasmEngine: Engine = {
  backend: 'wasm',
  open: async (files) => {
    const network = parseNetwork(files[NETWORK_FILE] ?? new Uint8Array());
    compiled ??= compile();
    const [module, blockPixels] = await compiled;
    const kernels = (await WebAssembly.instantiate(module)).exports as unknown as Kernels;
    const chain = new WasmChain({ kernels, blockPixels }, network);
    return {
      ...floatsOf(chain),
      runBytes: async (pixels, height, width) => chain.enlargeBytes(pixels, height, width),
      dispose: () => undefined,
    };
  },
};

/** The program with fused multiply-add where there is relaxed SIMD, else the plain one. */
async function compile(): Promise<[WebAssembly.Module, readonly number[]]> {
  for (const { program, blockPixels } of [relaxed, plain]) {
    const bytes = Uint8Array.from(program, (character) => character.charCodeAt(0));
    if (WebAssembly.validate(bytes)) return [await WebAssembly.compile(bytes), blockPixels];
  }
  throw new Error('it has no SIMD');
}
