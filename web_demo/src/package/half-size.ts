/** The element for bundlers: half-size.mjs, which imports halfsize.mjs when a picture needs it. */
import { useLibrary } from '../element/shared-model';

export type { SkipReason } from '../element/decide';
export { defineHalfSize, HalfSizeElement } from '../element/half-size';

// The build makes this an import of halfsize.mjs, which is a file of its own.
useLibrary(() => import('../library/entries/api'));
