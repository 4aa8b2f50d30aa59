/** The library's whole face, without the element. */
export { type Backend, isBackendName } from '../backend-names';
export type { Card } from '../card';
export {
  Aborted,
  type ErrorCode,
  HalfsizeError,
  ModelMismatch,
  NoBackend,
  OutOfMemory,
  UnsupportedImage,
} from '../errors';
export type { ColorSpace, Output } from '../messages';
export type { Picture } from '../picture';
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
