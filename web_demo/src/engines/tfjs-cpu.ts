import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu/dist/backend_cpu';
import { serve } from '../worker/serve';
import { KERNELS } from './tfjs-cpu-kernels';
import { tfjsEngine } from './tfjs-engine';

serve(tfjsEngine({ backend: 'tfjs-cpu', kernels: KERNELS, make: () => new MathBackendCPU() }));
