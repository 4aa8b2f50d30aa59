/** `<half-size>` in Svelte's templates: `import type {} from 'halfsize/svelte'`. */
import type { HTMLAttributes } from 'svelte/elements';
import type { HalfSizeAttributes, HalfSizeElement } from '../dist/types/package/half-size.js';
import type { Listeners } from './events.js';

declare module 'svelte/elements' {
  interface SvelteHTMLElements {
    'half-size': Omit<HTMLAttributes<HalfSizeElement>, 'onerror' | 'on:error'> &
      HalfSizeAttributes &
      Listeners<'on'> &
      Listeners<'on:'>;
  }
}
