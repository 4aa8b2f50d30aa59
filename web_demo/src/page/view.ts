import { BACKEND_LABELS } from '../core/backends';
import { find } from './find';
import { accountInWords } from './meter';
import type { Facts, State } from './state';
import { statusOf } from './status';
import { bytesInWords, sizeInWords, speedInWords, timeInWords } from './words';

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

function renderFacts(facts: Facts): void {
  const { account, backend } = facts;
  const once = account.runtime + account.model;
  const texts: Record<string, string> = {
    'fact-from': sizeInWords(facts.from),
    'fact-to': sizeInWords(facts.to),
    'fact-time': timeInWords(facts.milliseconds),
    'fact-speed': speedInWords(facts.to, facts.milliseconds),
    'fact-backend': backend === 'none' ? 'Browser scaling' : BACKEND_LABELS[backend],
    'fact-checked': facts.checked ? 'checked against its model' : 'not checked: no golden vectors',
    'fact-model': bytesInWords(facts.modelBytes),
    'fact-gzip': `${bytesInWords(account.model)} gzipped`,
    'cost-full': `${facts.isFullKnown ? '' : 'about '}${bytesInWords(account.full)}`,
    'cost-half': bytesInWords(account.half),
    'cost-once': bytesInWords(once),
    'cost-parts': `runtime ${bytesInWords(account.runtime)} + model ${bytesInWords(account.model)}`,
    account: accountInWords(account),
  };
  for (const [id, text] of Object.entries(texts)) write(find(id, HTMLElement), text);
  const most = Math.max(account.full, account.half, once);
  for (const [id, bytes] of [
    ['bar-full', account.full],
    ['bar-half', account.half],
    ['bar-once', once],
  ] as const) {
    find(id, HTMLElement).style.setProperty('--share', `${(100 * bytes) / most}%`);
  }
}

/** Live regions speak on every write: write only what changed. */
function write(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}
