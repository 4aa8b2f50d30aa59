import { requireSameBytes } from '../compact/integer/golden';
import { integerWasmEngine } from '../compact/wasm/integer/engine';
import { serve } from '../worker/serve';

serve(integerWasmEngine, requireSameBytes);
