/** The script with what few pictures and pages need; src/library/lazy.ts loads it. */
import { sha256 } from '../../core/sha256';
import { givenFiles, packedFiles } from '../model/given-model';
import { framesOf } from '../pictures/animation';
import { browserScaled } from '../pictures/browser-scaling';
import { unreadable } from '../pictures/image-files';
import { openedOnPage } from '../pictures/opened-on-page';
import { sentences } from '../sentences';

const extras = {
  sha256,
  framesOf,
  browserScaled_: browserScaled,
  givenFiles_: givenFiles,
  packedFiles_: packedFiles,
  unreadable_: unreadable,
  openedOnPage_: openedOnPage,
  sentences_: sentences,
};

export type Extras = typeof extras;

globalThis.halfsizeParts = Object.assign(globalThis.halfsizeParts ?? {}, { extras });
