/** The library's public API, without the element. */

export { type Backend, isBackendName } from '../../core/backends';
export type { Card } from '../../core/card';
export {
  Aborted,
  type ErrorCode,
  HalfsizeError,
  ModelMismatch,
  NoBackend,
  NoReadback,
  OutOfMemory,
  UnsupportedImage,
} from '../../core/errors';
export type { Output } from '../../core/messages';
export type { ColorSpace, Picture } from '../../core/picture';
export {
  Halfsize,
  type LoadOptions,
  type Refusal,
  type Upscaled,
  type UpscaleOptions,
} from '../halfsize';
export { framesOf } from '../lazy';
export type { ModelSource } from '../model/fetch-model';
export type { AnimationFrame } from '../pictures/animation';
export type { Outputs } from '../pictures/output';
export type { Source } from '../pictures/source';
export type { ModelBytes } from '../types';
