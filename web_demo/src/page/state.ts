import type { Backend } from '../core/backends';
import type { Size } from '../core/scale';
import type { Refusal } from '../library/halfsize';

export type Facts = {
  name: string;
  from: Size;
  to: Size;
  /** The file that is enlarged, and the encoder quality of one that was written here. */
  sent: { bytes: number; type: string; quality: number | undefined };
  milliseconds: number;
  backend: Backend | 'none';
  /** Whether the backend reproduced the model's golden vectors. */
  checked: boolean;
  refused: readonly Refusal[];
  model: { raw: number; gzip: number };
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
  /** Files were compared, and the picture of another one is shown. */
  | { kind: 'compared'; run: number; facts: Facts }
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
  if (happening.kind === 'compared') {
    const isShown = state.kind === 'done' && state.run === happening.run;
    return isShown ? { ...state, facts: happening.facts } : state;
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
