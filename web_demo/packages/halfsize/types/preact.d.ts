/** `<half-size>` in Preact's JSX: `import type {} from 'halfsize/preact'`. */
import type { HTMLAttributes } from 'preact';
import type { HalfSizeAttributes, HalfSizeElement } from '../dist/types/package/half-size.js';
import type { Listeners } from './events.js';

declare module 'preact' {
  namespace JSX {
    interface IntrinsicElements {
      'half-size': HTMLAttributes<HalfSizeElement> & HalfSizeAttributes & Listeners<'on'>;
    }
  }
}
