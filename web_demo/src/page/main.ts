import { isBackendName } from '../core/backends';
import { bytesFromBase64 } from '../core/base64';
import { sentenceOf } from '../core/errors';
import { type Scale, scaleOf } from '../core/scale';
import type { Form } from './account/compare';
import { formInWords } from './account/sentences';
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

/** A model as the catalogue lists it, with the scale as its card has it. */
type Model = { folder: string; scale: number | string };

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
function connectSelects(app: App, models: Model[]): () => Scale {
  const selects = {
    model: find('model', HTMLSelectElement),
    ratio: find('ratio', HTMLSelectElement),
    backend: find('backend', HTMLSelectElement),
    treat: find('treat', HTMLSelectElement),
    target: find('target', HTMLSelectElement),
  };
  const { model, ratio } = selects;
  const ratios = [...new Set(models.map(({ scale }) => String(scale)))];
  for (const written of ratios) ratio.add(new Option(formInWords(scaleOf(written)), written));
  const fill = () => {
    const offered = models.filter(({ scale }) => String(scale) === ratio.value);
    model.replaceChildren(...offered.map(({ folder }) => new Option(folder)));
    find('model-field', HTMLElement).hidden = offered.length < 2;
  };
  find('ratio-field', HTMLElement).hidden = ratios.length < 2;
  takeQuery(selects, models, fill);
  const scale = () => scaleOf(ratio.value);
  const configure = () => {
    const backend = selects.backend.value;
    void app.configure({
      model: model.value,
      scale: scale(),
      forms: formsFor(model.value, models),
      backend: isBackendName(backend) ? backend : 'auto',
      treatment: selects.treat.value as Treatment,
      target: Number(selects.target.value),
    });
  };
  ratio.addEventListener('change', fill);
  for (const select of Object.values(selects)) select.addEventListener('change', configure);
  configure();
  return scale;
}

/** Set the selects as the page's address says; `?model=` brings its ratio with it. */
function takeQuery(
  selects: Record<string, HTMLSelectElement>,
  models: Model[],
  fill: () => void,
): void {
  const query = new URLSearchParams(location.search);
  const wanted = models.find(({ folder }) => folder === query.get('model'));
  if (wanted) query.set('ratio', String(wanted.scale));
  const set = (name: string, select: HTMLSelectElement) => {
    const value = query.get(name);
    if ([...select.options].some((option) => option.value === value)) select.value = value ?? '';
  };
  if (selects.ratio) set('ratio', selects.ratio);
  fill();
  for (const [name, select] of Object.entries(selects)) set(name, select);
}

/** The ways to send a photo: by the chosen model, and by the first one of every other ratio. */
function formsFor(chosen: string, models: Model[]): Form[] {
  const first = models.find(({ folder }) => folder === chosen);
  const offered = first ? [first] : [];
  for (const model of models) {
    if (offered.every(({ scale }) => scale !== model.scale)) offered.push(model);
  }
  return offered.map(({ folder, scale }) => ({ model: folder, scale: scaleOf(scale) }));
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

async function save(app: App, comparison: Comparison, { up, down }: Scale): Promise<void> {
  if (!app.file) return;
  const link = document.createElement('a');
  try {
    link.href = URL.createObjectURL(await comparison.png());
  } catch (error) {
    app.giveUp(sentenceOf(error, 'The result could not be saved'));
    return;
  }
  link.download = savedName(app.file.name, up / down);
  link.click();
  // The browser reads the URL after this turn of the event loop; a minute is ample.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

main();
