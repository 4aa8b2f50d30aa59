/** TF.js core without the gradients and chained methods that only training needs. */
import '@tensorflow/tfjs-core/dist/base_side_effects';

export * from '@tensorflow/tfjs-core/dist/base';
