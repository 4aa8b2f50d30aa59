import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu/dist/backend_cpu';
import { KERNELS } from './tfjs-cpu-kernels';
import { serveTfjs } from './tfjs-engine';

serveTfjs({ backend: 'tfjs-cpu', kernels: KERNELS, make: () => new MathBackendCPU() });
