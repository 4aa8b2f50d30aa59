/** The kernels of an exported chain: all others stay out of the bundle. */
import { addConfig } from '@tensorflow/tfjs-backend-webgpu/dist/kernels/Add';
import { addNConfig } from '@tensorflow/tfjs-backend-webgpu/dist/kernels/AddN';
import { clipByValueConfig } from '@tensorflow/tfjs-backend-webgpu/dist/kernels/ClipByValue';
import { concatConfig } from '@tensorflow/tfjs-backend-webgpu/dist/kernels/Concat';
import { conv2DConfig } from '@tensorflow/tfjs-backend-webgpu/dist/kernels/Conv2D';
import { depthToSpaceConfig } from '@tensorflow/tfjs-backend-webgpu/dist/kernels/DepthToSpace';
import { fusedConv2DConfig } from '@tensorflow/tfjs-backend-webgpu/dist/kernels/FusedConv2D';
import { identityConfig } from '@tensorflow/tfjs-backend-webgpu/dist/kernels/Identity';
import { mirrorPadConfig } from '@tensorflow/tfjs-backend-webgpu/dist/kernels/MirrorPad';
import { multiplyConfig } from '@tensorflow/tfjs-backend-webgpu/dist/kernels/Multiply';
import { preluConfig } from '@tensorflow/tfjs-backend-webgpu/dist/kernels/Prelu';
import { reluConfig } from '@tensorflow/tfjs-backend-webgpu/dist/kernels/Relu';
import { reshapeConfig } from '@tensorflow/tfjs-backend-webgpu/dist/kernels/Reshape';
import { subConfig } from '@tensorflow/tfjs-backend-webgpu/dist/kernels/Sub';

export const KERNELS = [
  addConfig,
  addNConfig,
  clipByValueConfig,
  concatConfig,
  conv2DConfig,
  depthToSpaceConfig,
  fusedConv2DConfig,
  identityConfig,
  mirrorPadConfig,
  multiplyConfig,
  preluConfig,
  reluConfig,
  reshapeConfig,
  subConfig,
];
