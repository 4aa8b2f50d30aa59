/** `<half-size>` in React's JSX: `import type {} from 'halfsize/react'`. Listeners need React 19. */
import type { DetailedHTMLProps, HTMLAttributes } from 'react';
import type { HalfSizeAttributes, HalfSizeElement } from '../dist/types/package/half-size.js';
import type { Listeners } from './events.js';

declare module 'react' {
  namespace JSX {
    interface IntrinsicElements {
      'half-size': DetailedHTMLProps<HTMLAttributes<HalfSizeElement>, HalfSizeElement> &
        HalfSizeAttributes &
        Listeners<'on'>;
    }
  }
}
