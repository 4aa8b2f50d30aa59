import { isBackend } from '../backend-names';
import { sentenceOf } from '../errors';
import { App } from './app';
import { Comparison } from './comparison';
import { find } from './find';
import { takeFiles } from './intake';
import type { PackedModel } from './parts';
import { View } from './view';
import { savedName } from './words';

function main(): void {
  const comparison = new Comparison();
  const app = new App(new View(), comparison);
  const models = globalThis.halfsizeParts?.models ?? [];
  const [first] = models;
  if (!first) {
    app.giveUp('No model is built into this page. Run “make demo” in the project, then reload.');
    return;
  }
  const query = new URLSearchParams(location.search);
  const configure = connectSelects(app, models, first, query);
  configure();
  takeFiles((file) => void app.open(file));
  find('cancel', HTMLButtonElement).addEventListener('click', () => app.cancel());
  find('save', HTMLButtonElement).addEventListener('click', () => void save(app, comparison));
}

/** Fill and follow the two selects. Returns what applies their present values. */
function connectSelects(
  app: App,
  models: PackedModel[],
  first: PackedModel,
  query: URLSearchParams,
): () => void {
  const modelSelect = find('model', HTMLSelectElement);
  const backendSelect = find('backend', HTMLSelectElement);
  for (const { folder } of models) modelSelect.add(new Option(folder));
  find('model-field', HTMLElement).hidden = models.length < 2;
  const wanted = query.get('model');
  if (models.some(({ folder }) => folder === wanted)) modelSelect.value = wanted ?? '';
  const backend = query.get('backend') ?? '';
  if (isBackend(backend)) backendSelect.value = backend;

  const configure = () => {
    const model = models.find(({ folder }) => folder === modelSelect.value) ?? first;
    const { value } = backendSelect;
    void app.configure(model, isBackend(value) ? value : 'auto');
  };
  modelSelect.addEventListener('change', configure);
  backendSelect.addEventListener('change', configure);
  return configure;
}

async function save(app: App, comparison: Comparison): Promise<void> {
  if (!app.file) return;
  const link = document.createElement('a');
  try {
    link.href = URL.createObjectURL(await comparison.png());
  } catch (error) {
    app.giveUp(sentenceOf(error, 'The result could not be saved'));
    return;
  }
  link.download = savedName(app.file.name, app.scale);
  link.click();
  // The browser reads the URL after this turn of the event loop; a minute is ample.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

main();
