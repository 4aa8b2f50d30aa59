/** The script of what few pictures and pages need: src/library/lazy.ts loads it. */
import { sha256 } from '../core/sha256';
import { framesOf } from './animation';
import { browserScaled } from './browser-scaling';
import { givenFiles, packedFiles } from './given-model';
import { unreadable } from './image-files';
import { openedOnPage } from './opened-on-page';
import { sentences } from './sentences';

const extras = {
  sha256,
  framesOf,
  browserScaled,
  givenFiles,
  packedFiles,
  unreadable,
  openedOnPage,
  sentences,
};

export type Extras = typeof extras;

globalThis.halfsizeParts = Object.assign(globalThis.halfsizeParts ?? {}, { extras });
