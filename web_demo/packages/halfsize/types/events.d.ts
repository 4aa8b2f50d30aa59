import type { HalfSizeElementEventMap } from '../dist/types/package/half-size.js';

/** Listeners of `<half-size>` under a framework's names: `onupscaled`, `on:upscaled` and so on. */
export type Listeners<Prefix extends string> = {
  [Name in 'upscaled' | 'skipped' | 'error' as `${Prefix}${Name}`]?:
    | ((event: HalfSizeElementEventMap[Name]) => unknown)
    | undefined;
};
