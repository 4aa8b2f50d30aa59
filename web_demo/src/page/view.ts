import { BACKEND_LABELS } from '../core/backends';
import { find } from './find';
import type { Facts, State } from './state';
import { statusOf } from './status';
import { bytesInWords, fileInWords, sizeInWords, speedInWords, timeInWords } from './words';

/** Writes the state into the page. Style sheets read `data-state` for what is shown when. */
export class View {
  readonly #status = find('status', HTMLElement);
  readonly #error = find('error', HTMLElement);
  readonly #progress = find('progress', HTMLProgressElement);

  render(state: State): void {
    const root = document.documentElement;
    const changed = root.dataset.state !== state.kind;
    root.dataset.state = state.kind;
    write(this.#error, state.kind === 'error' ? state.sentence : '');
    write(this.#status, state.kind === 'error' ? '' : statusOf(state));
    if (state.kind === 'working') this.#renderProgress(state);
    if (state.kind === 'done') renderFacts(state.facts);
    if (changed) this.#keepFocus();
  }

  #renderProgress({ step }: Extract<State, { kind: 'working' }>): void {
    if (step.kind === 'enlarging') {
      this.#progress.max = step.total;
      this.#progress.value = step.done;
    } else {
      this.#progress.removeAttribute('value'); // unknown how long: the bar moves by itself
    }
  }

  /** A button that has just gone, such as Cancel, must not take the keyboard's place with it. */
  #keepFocus(): void {
    const focused = document.activeElement;
    if (focused instanceof HTMLElement && focused !== document.body && !focused.checkVisibility()) {
      find('file', HTMLInputElement).focus();
    }
  }
}

function renderFacts({ from, to, sent, milliseconds, backend, checked, model }: Facts): void {
  const texts: Record<string, string> = {
    'fact-from': sizeInWords(from),
    'fact-file': fileInWords(sent),
    'fact-to': sizeInWords(to),
    'fact-time': timeInWords(milliseconds),
    'fact-speed': speedInWords(to, milliseconds),
    'fact-backend': backend === 'none' ? 'Browser scaling' : BACKEND_LABELS[backend],
    'fact-checked': checked ? 'checked against its model' : 'not checked: no golden vectors',
    'fact-model': bytesInWords(model.raw),
    'fact-gzip': `${bytesInWords(model.gzip)} gzipped`,
  };
  for (const [id, text] of Object.entries(texts)) write(find(id, HTMLElement), text);
}

/** Live regions speak on every write: write only what changed. */
function write(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}
