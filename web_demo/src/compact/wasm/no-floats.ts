import type { Enlarger } from '../../core/engine';
import type { WasmChain } from './chain';

/** Readers' engines know bytes alone; the exporter's check has ./wasm-floats in this place. */
export function floatsOf(_chain: WasmChain): Pick<Enlarger, 'run'> {
  return {};
}
