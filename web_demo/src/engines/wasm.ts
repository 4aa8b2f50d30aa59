import { wasmEngine } from '../compact/wasm/engine';
import { serve } from '../worker/serve';

serve(wasmEngine);
