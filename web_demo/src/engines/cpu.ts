import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu/dist/backend_cpu';
import { serve } from '../worker/serve';
import { KERNELS } from './cpu-kernels';
import { tfjsEngine } from './tfjs';

serve(tfjsEngine({ backend: 'cpu', kernels: KERNELS, make: () => new MathBackendCPU() }));
