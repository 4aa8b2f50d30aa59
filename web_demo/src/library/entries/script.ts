/** The classic script halfsize.js: leaves `Halfsize` for the page. */

import { isBackendName } from '../../core/backends';
import {
  Aborted,
  HalfsizeError,
  ModelMismatch,
  NoBackend,
  NoReadback,
  OutOfMemory,
  UnsupportedImage,
} from '../../core/errors';
import { Halfsize as library } from '../halfsize';
import { framesOf } from '../lazy';
import type * as api from './api';

declare global {
  var Halfsize: typeof api.Halfsize & typeof api;
}

// Named one by one: a namespace object would cost a reader more bytes than they do.
globalThis.Halfsize = Object.assign(library, {
  Halfsize: library,
  isBackendName,
  framesOf,
  HalfsizeError,
  Aborted,
  ModelMismatch,
  NoBackend,
  NoReadback,
  OutOfMemory,
  UnsupportedImage,
});
