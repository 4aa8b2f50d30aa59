/** The library's whole face, without the element. */
export { type Backend, isBackendName } from '../core/backends';
export type { Card } from '../core/card';
export {
  Aborted,
  type ErrorCode,
  HalfsizeError,
  ModelMismatch,
  NoBackend,
  OutOfMemory,
  UnsupportedImage,
} from '../core/errors';
export type { ColorSpace, Output } from '../core/messages';
export type { Picture } from '../core/picture';
export type { AnimationFrame } from './animation';
export type { ModelBytes, ModelSource } from './fetch-model';
export {
  Halfsize,
  type LoadOptions,
  type Refusal,
  type Upscaled,
  type UpscaleOptions,
} from './halfsize';
export { framesOf } from './lazy';
export type { Outputs } from './output';
export type { Source } from './source';
