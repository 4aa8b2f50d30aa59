import { find } from './find';

/** The two tabs, as ARIA's authoring practices describe them: arrows move, what is chosen shows. */
export class Tabs {
  readonly #tabs = ['photo', 'motion'].map((name) => ({
    name,
    tab: find(`tab-${name}`, HTMLButtonElement),
    panel: find(name, HTMLElement),
  }));

  constructor() {
    for (const { name, tab } of this.#tabs) {
      tab.addEventListener('click', () => this.choose(name));
      tab.addEventListener('keydown', (event) => {
        if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
        event.preventDefault();
        this.choose(this.current === 'photo' ? 'motion' : 'photo');
        this.#tabs.find((entry) => entry.name === this.current)?.tab.focus();
      });
    }
  }

  get current(): string {
    return this.#tabs.find(({ panel }) => !panel.hidden)?.name ?? 'photo';
  }

  choose(chosen: string): void {
    for (const { name, tab, panel } of this.#tabs) {
      panel.hidden = name !== chosen;
      tab.setAttribute('aria-selected', String(name === chosen));
      tab.tabIndex = name === chosen ? 0 : -1;
    }
  }
}
