import type { State } from './state';

/** The text of the status line. Tiles are left to the progress bar: read aloud they would be noise. */
export function statusOf(state: State): string {
  switch (state.kind) {
    case 'idle':
      return '';
    case 'error':
      return state.sentence;
    case 'done':
      return `“${state.facts.name}” is enlarged.`;
    case 'working':
      switch (state.step.kind) {
        case 'opening':
          return `Opening “${state.name}”…`;
        case 'starting':
          return 'Starting the model…';
        case 'enlarging':
          return `Enlarging “${state.name}”…`;
      }
  }
}
