import { BACKEND_LABELS } from '../backend-names';
import { type Card, modelBytes } from '../card';
import { find } from './find';
import type { State } from './state';
import { bytesInWords, sizeInWords, statusOf, timeInWords } from './words';

/** Writes the state into the page. Style sheets read `data-state` for what is shown when. */
export class View {
  readonly #status = find('status', HTMLElement);
  readonly #error = find('error', HTMLElement);
  readonly #progress = find('progress', HTMLProgressElement);

  render(state: State, card: Card | undefined): void {
    const root = document.documentElement;
    const changed = root.dataset.state !== state.kind;
    root.dataset.state = state.kind;
    write(this.#error, state.kind === 'error' ? state.sentence : '');
    write(this.#status, state.kind === 'error' ? '' : statusOf(state));
    if (state.kind === 'working') this.#renderProgress(state);
    if (state.kind === 'done' && card) renderFacts(state, card);
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

function renderFacts({ facts }: Extract<State, { kind: 'done' }>, card: Card): void {
  const { raw, gzip } = modelBytes(card);
  const texts: Record<string, string> = {
    'fact-from': sizeInWords(facts.from),
    'fact-to': sizeInWords(facts.to),
    'fact-time': timeInWords(facts.milliseconds),
    'fact-backend': BACKEND_LABELS[facts.backend],
    'fact-model': bytesInWords(raw),
    'fact-gzip': `${bytesInWords(gzip)} gzipped`,
  };
  for (const [id, text] of Object.entries(texts)) write(find(id, HTMLElement), text);
}

/** Live regions speak on every write: write only what changed. */
function write(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}
