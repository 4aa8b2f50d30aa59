/** The element for bundlers: half-size.mjs, which imports halfsize.mjs when a picture needs it. */
import { useLibrary } from './shared-model';

export type { SkipReason } from './decide';
export { defineHalfSize, HalfSizeElement } from './half-size';

useLibrary(() => import('../library/main'));
