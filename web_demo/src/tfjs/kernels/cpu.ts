/** The kernels of what this project exports: all others stay out of the bundle. */

import { _fusedMatMulConfig } from '@tensorflow/tfjs-backend-cpu/dist/kernels/_FusedMatMul';
import { addConfig } from '@tensorflow/tfjs-backend-cpu/dist/kernels/Add';
import { addNConfig } from '@tensorflow/tfjs-backend-cpu/dist/kernels/AddN';
import { clipByValueConfig } from '@tensorflow/tfjs-backend-cpu/dist/kernels/ClipByValue';
import { concatConfig } from '@tensorflow/tfjs-backend-cpu/dist/kernels/Concat';
import { conv2DConfig } from '@tensorflow/tfjs-backend-cpu/dist/kernels/Conv2D';
import { depthToSpaceConfig } from '@tensorflow/tfjs-backend-cpu/dist/kernels/DepthToSpace';
import { expandDimsConfig } from '@tensorflow/tfjs-backend-cpu/dist/kernels/ExpandDims';
import { floorDivConfig } from '@tensorflow/tfjs-backend-cpu/dist/kernels/FloorDiv';
import { fusedConv2DConfig } from '@tensorflow/tfjs-backend-cpu/dist/kernels/FusedConv2D';
import { identityConfig } from '@tensorflow/tfjs-backend-cpu/dist/kernels/Identity';
import { mirrorPadConfig } from '@tensorflow/tfjs-backend-cpu/dist/kernels/MirrorPad';
import { multiplyConfig } from '@tensorflow/tfjs-backend-cpu/dist/kernels/Multiply';
import { packConfig } from '@tensorflow/tfjs-backend-cpu/dist/kernels/Pack';
import { preluConfig } from '@tensorflow/tfjs-backend-cpu/dist/kernels/Prelu';
import { reluConfig } from '@tensorflow/tfjs-backend-cpu/dist/kernels/Relu';
import { reshapeConfig } from '@tensorflow/tfjs-backend-cpu/dist/kernels/Reshape';
import { sliceConfig } from '@tensorflow/tfjs-backend-cpu/dist/kernels/Slice';
import { subConfig } from '@tensorflow/tfjs-backend-cpu/dist/kernels/Sub';
import { transposeConfig } from '@tensorflow/tfjs-backend-cpu/dist/kernels/Transpose';
import { unpackConfig } from '@tensorflow/tfjs-backend-cpu/dist/kernels/Unpack';

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
  _fusedMatMulConfig,
  expandDimsConfig,
  floorDivConfig,
  packConfig,
  sliceConfig,
  transposeConfig,
  unpackConfig,
];
