/** The script with what few pictures and pages need; src/library/lazy.ts loads it. */
import { readsBack } from '../../core/readback';
import { sha256 } from '../../core/sha256';
import { givenFiles, packedFiles } from '../model/given-model';
import { framesOf } from '../pictures/animation';
import { browserScaled } from '../pictures/browser-scaling';
import { isEmpty, isFileCutOff, unreadable } from '../pictures/image-files';
import { openedOnPage } from '../pictures/opened-on-page';
import { pngOf } from '../pictures/png';
import { sentences } from '../sentences';

const extras = {
  sha256,
  framesOf,
  browserScaled_: browserScaled,
  givenFiles_: givenFiles,
  packedFiles_: packedFiles,
  unreadable_: unreadable,
  isCutOff_: isFileCutOff,
  isEmpty_: isEmpty,
  openedOnPage_: openedOnPage,
  pngOf_: pngOf,
  readsBack_: readsBack,
  sentences_: sentences,
};

export type Extras = typeof extras;

globalThis.halfsizeParts = Object.assign(globalThis.halfsizeParts ?? {}, { extras });
