import { wasmEngine } from '../compact/wasm/engine';
import { requireGoldenCases } from '../core/golden';
import { serve } from '../worker/serve';

serve(wasmEngine, requireGoldenCases);
