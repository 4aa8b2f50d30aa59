/** `<half-size>` in Solid's JSX: `import type {} from 'halfsize/solid'`. */
import type { JSX as Solid } from 'solid-js';
import type { HalfSizeAttributes, HalfSizeElement } from '../dist/types/package/half-size.js';
import type { Listeners } from './events.js';

declare module 'solid-js' {
  namespace JSX {
    interface IntrinsicElements {
      'half-size': Solid.HTMLAttributes<HalfSizeElement> & HalfSizeAttributes & Listeners<'on:'>;
    }
  }
}
