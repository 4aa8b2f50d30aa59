/** The operations that the converter's executors may call: all that an exported chain is made of. */
export { add } from '@tensorflow/tfjs-core/dist/ops/add';
export { addN } from '@tensorflow/tfjs-core/dist/ops/add_n';
export { clipByValue } from '@tensorflow/tfjs-core/dist/ops/clip_by_value';
export { concat } from '@tensorflow/tfjs-core/dist/ops/concat';
export { conv2d } from '@tensorflow/tfjs-core/dist/ops/conv2d';
export { depthToSpace } from '@tensorflow/tfjs-core/dist/ops/depth_to_space';
export * as fused from '@tensorflow/tfjs-core/dist/ops/fused_ops';
export { mirrorPad } from '@tensorflow/tfjs-core/dist/ops/mirror_pad';
export { mul } from '@tensorflow/tfjs-core/dist/ops/mul';
export { prelu } from '@tensorflow/tfjs-core/dist/ops/prelu';
export { relu } from '@tensorflow/tfjs-core/dist/ops/relu';
export { reshape } from '@tensorflow/tfjs-core/dist/ops/reshape';
export { sub } from '@tensorflow/tfjs-core/dist/ops/sub';
