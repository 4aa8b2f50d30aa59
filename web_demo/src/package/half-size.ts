/** The element for bundlers: half-size.mjs, which imports halfsize.mjs when a picture needs it. */
import type { SkipReason } from '../element/decide';
import type { Enlarged } from '../element/enlarge';
import type { HalfSizeElement } from '../element/half-size';
import { useLibrary } from '../element/shared-model';

export type { SkipReason } from '../element/decide';
export { defineHalfSize, HalfSizeElement } from '../element/half-size';
export type { HalfSizeAttributes } from './attributes';

/** What the event `upscaled` tells of a result. */
export type UpscaledDetail = Enlarged['detail'];

/** The events of `<half-size>` by name, and those of every HTML element. */
export interface HalfSizeElementEventMap extends Omit<HTMLElementEventMap, 'error'> {
  upscaled: CustomEvent<UpscaledDetail>;
  skipped: CustomEvent<{ reason: SkipReason }>;
  error: CustomEvent<Error>;
}

declare module '../element/half-size' {
  interface HalfSizeElement {
    addEventListener<Name extends keyof HalfSizeElementEventMap>(
      type: Name,
      listener: (this: HalfSizeElement, event: HalfSizeElementEventMap[Name]) => unknown,
      options?: boolean | AddEventListenerOptions,
    ): void;
    addEventListener(
      type: string,
      listener: EventListenerOrEventListenerObject,
      options?: boolean | AddEventListenerOptions,
    ): void;
    removeEventListener<Name extends keyof HalfSizeElementEventMap>(
      type: Name,
      listener: (this: HalfSizeElement, event: HalfSizeElementEventMap[Name]) => unknown,
      options?: boolean | EventListenerOptions,
    ): void;
    removeEventListener(
      type: string,
      listener: EventListenerOrEventListenerObject,
      options?: boolean | EventListenerOptions,
    ): void;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'half-size': HalfSizeElement;
  }
}

// The build makes this an import of halfsize.mjs, which is a file of its own.
useLibrary(() => import('../library/entries/api'));
