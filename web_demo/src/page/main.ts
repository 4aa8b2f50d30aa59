import { isBackendName } from '../core/backends';
import { bytesFromBase64 } from '../core/base64';
import { sentenceOf } from '../core/errors';
import { App } from './app';
import { Comparison } from './comparison';
import { find } from './find';
import { takeFiles } from './intake';
import { Animation } from './motion/animation';
import { loadPart } from './parts';
import type { Treatment } from './prepare';
import { Tabs } from './tabs';
import { View } from './view';
import { savedName } from './words';

function main(): void {
  const comparison = new Comparison();
  const app = new App(new View(), comparison);
  const models = globalThis.halfsizeParts?.catalogue ?? [];
  const [first] = models;
  if (!first) {
    app.giveUp('No model is built into this page. Run “make demo” in the project, then reload.');
    return;
  }
  const scale = connectSelects(app, models);
  const tabs = new Tabs();
  const animation = new Animation(app);
  const open = (file: File) =>
    void (tabs.current === 'motion' ? animation.open(file) : app.open(file));
  takeFiles(open);
  takeSamples(open, (sentence) => app.giveUp(sentence));
  find('cancel', HTMLButtonElement).addEventListener('click', () => app.cancel());
  find('save', HTMLButtonElement).addEventListener('click', () => {
    void save(app, comparison, scale());
  });
}

/** Fill the selects and react to them. Returns a function that gives the chosen model's scale. */
function connectSelects(app: App, models: { folder: string; scale: number }[]): () => number {
  const query = new URLSearchParams(location.search);
  const selects = {
    model: find('model', HTMLSelectElement),
    backend: find('backend', HTMLSelectElement),
    treat: find('treat', HTMLSelectElement),
  };
  for (const { folder } of models) selects.model.add(new Option(folder));
  find('model-field', HTMLElement).hidden = models.length < 2;
  for (const [name, select] of Object.entries(selects)) {
    const wanted = query.get(name);
    if ([...select.options].some(({ value }) => value === wanted)) select.value = wanted ?? '';
  }
  const scale = () => models.find(({ folder }) => folder === selects.model.value)?.scale ?? 1;
  const configure = () => {
    const backend = selects.backend.value;
    void app.configure({
      model: selects.model.value,
      scale: scale(),
      backend: isBackendName(backend) ? backend : 'auto',
      treatment: selects.treat.value as Treatment,
    });
  };
  for (const select of Object.values(selects)) select.addEventListener('change', configure);
  configure();
  return scale;
}

function takeSamples(open: (file: File) => void, giveUp: (sentence: string) => void): void {
  for (const button of document.querySelectorAll<HTMLButtonElement>('[data-sample]')) {
    button.addEventListener('click', async () => {
      const name = button.dataset.sample ?? '';
      try {
        const bytes = bytesFromBase64((await loadPart('samples'))[name] ?? '');
        open(new File([bytes], name, { type: `image/${name.split('.').pop()}` }));
      } catch (error) {
        giveUp(sentenceOf(error, 'The sample could not be opened'));
      }
    });
  }
}

async function save(app: App, comparison: Comparison, scale: number): Promise<void> {
  if (!app.file) return;
  const link = document.createElement('a');
  try {
    link.href = URL.createObjectURL(await comparison.png());
  } catch (error) {
    app.giveUp(sentenceOf(error, 'The result could not be saved'));
    return;
  }
  link.download = savedName(app.file.name, scale);
  link.click();
  // The browser reads the URL after this turn of the event loop; a minute is ample.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

main();
