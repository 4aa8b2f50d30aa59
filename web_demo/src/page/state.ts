import type { Backend } from '../core/backends';
import type { Refusal } from '../library/halfsize';

export type Size = { width: number; height: number };

/** What one photo and the means to enlarge it cost a reader, in bytes. */
export type Account = {
  /** The photo at full size, and at half size in the same format and quality. */
  full: number;
  half: number;
  /** Library and backend, gzipped: downloaded once. */
  runtime: number;
  /** The model, gzipped: downloaded once. */
  model: number;
};

export type Facts = {
  name: string;
  from: Size;
  to: Size;
  milliseconds: number;
  backend: Backend | 'none';
  /** Whether the backend reproduced the model's golden vectors. */
  checked: boolean;
  refused: readonly Refusal[];
  modelBytes: number;
  /** Whether the full-size photo was given; otherwise the result stands in for it. */
  isFullKnown: boolean;
  account: Account;
};

/** What the page is doing. `run` distinguishes the messages of one picture from the previous one's. */
export type State =
  | { kind: 'idle' }
  | { kind: 'working'; run: number; name: string; step: Step }
  | { kind: 'done'; run: number; facts: Facts }
  | { kind: 'error'; sentence: string };

export type Step =
  | { kind: 'opening' }
  | { kind: 'starting' }
  | { kind: 'enlarging'; done: number; total: number };

export type Happening =
  | { kind: 'chosen'; run: number; name: string }
  | { kind: 'stepped'; run: number; step: Step }
  | { kind: 'finished'; run: number; facts: Facts }
  | { kind: 'failed'; run: number; sentence: string }
  | { kind: 'cleared' }
  | { kind: 'unusable'; sentence: string };

/** The state after `happening`. Late messages of a picture that is not current change nothing. */
export function advance(state: State, happening: Happening): State {
  switch (happening.kind) {
    case 'chosen':
      return {
        kind: 'working',
        run: happening.run,
        name: happening.name,
        step: { kind: 'opening' },
      };
    case 'cleared':
      return { kind: 'idle' };
    case 'unusable':
      return { kind: 'error', sentence: happening.sentence };
  }
  if (state.kind !== 'working' || state.run !== happening.run) return state;
  switch (happening.kind) {
    case 'stepped':
      return { ...state, step: happening.step };
    case 'finished':
      return { kind: 'done', run: state.run, facts: happening.facts };
    case 'failed':
      return { kind: 'error', sentence: happening.sentence };
  }
}
