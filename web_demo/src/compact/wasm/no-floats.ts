import type { Enlarger } from '../../core/engine';
import type { WasmChain } from './chain';

/** Readers' engines handle bytes only; the exporter's check uses ./floats instead. */
export function floatsOf(_chain: WasmChain): Pick<Enlarger, 'run'> {
  return {};
}
