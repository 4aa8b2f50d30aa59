/** The script of what few pictures and pages need: src/library/lazy.ts loads it. */
import { sha256 } from '../sha256';
import { framesOf } from './animation';
import { browserScaled } from './browser-scaling';
import { orientationLeft, unreadable } from './image-files';
import { turned } from './webp-orientation';

const extras = { sha256, framesOf, browserScaled, orientationLeft, unreadable, turned };

export type Extras = typeof extras;

globalThis.halfsizeParts = Object.assign(globalThis.halfsizeParts ?? {}, { extras });
