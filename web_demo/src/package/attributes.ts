import type { BackendName } from '../core/backends';

/** The attributes of `<half-size>`, as frameworks' templates take them. */
export interface HalfSizeAttributes {
  /** Address of a student, or of several with their scales: `/models/a/ 2x, /models/b/ 1.5x`. */
  model?: string | undefined;
  /** The runtime, instead of the best. */
  backend?: BackendName | 'auto' | undefined;
  /** Enlarge even if the img is shown no larger than its file, or slowly. */
  always?: boolean | '' | undefined;
  /** Enlarge also where the reader prefers to save data. */
  frugal?: boolean | '' | undefined;
}
