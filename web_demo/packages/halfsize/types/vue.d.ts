/**
 * `<half-size>` in Vue's templates and JSX: `import type {} from 'halfsize/vue'`. Vue must be told that
 * it is no component: `isCustomElement: (tag) => tag === 'half-size'` among its compiler's options.
 */
import type { HTMLAttributes } from 'vue';
import type {
  HalfSizeAttributes,
  HalfSizeElement,
  HalfSizeElementEventMap,
} from '../dist/types/package/half-size.js';

type HalfSizeProps = Omit<HTMLAttributes, 'onError'> &
  HalfSizeAttributes & {
    onUpscaled?: ((event: HalfSizeElementEventMap['upscaled']) => unknown) | undefined;
    onSkipped?: ((event: HalfSizeElementEventMap['skipped']) => unknown) | undefined;
    onError?: ((event: HalfSizeElementEventMap['error']) => unknown) | undefined;
  };

declare module 'vue' {
  interface GlobalComponents {
    'half-size': new () => HalfSizeElement & { $props: HalfSizeProps };
  }
}

declare module 'vue/jsx-runtime' {
  namespace JSX {
    interface IntrinsicElements {
      'half-size': HalfSizeProps;
    }
  }
}
