import { KERNELS } from 'tfjs-kernels:cpu';
import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu/dist/backend_cpu';
import { serveTfjs } from '../tfjs/engine';

serveTfjs({ backend: 'tfjs-cpu', kernels: KERNELS, make: () => new MathBackendCPU() });
