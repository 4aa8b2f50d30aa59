import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu/dist/backend_cpu';
import { serveTfjs } from '../tfjs/engine';
import { KERNELS } from '../tfjs/kernels/cpu';

serveTfjs({ backend: 'tfjs-cpu', kernels: KERNELS, make: () => new MathBackendCPU() });
