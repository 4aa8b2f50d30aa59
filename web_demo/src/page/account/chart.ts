import { find } from '../find';
import { bytesInWords } from '../words';
import type { Codec } from './codecs';
import { FULL, type Row } from './compare';
import { formInWords } from './sentences';

/** What a reader downloads once: library and engine, and the model. */
export type Once = { runtime: number; model: number };

/** Draw the bars: for each codec a list of forms, and what is downloaded once. All have one scale. */
export function drawChart(rows: readonly Row[], { runtime, model }: Once): void {
  const once = runtime + model;
  const most = Math.max(once, ...rows.map(({ found }) => found?.bytes ?? 0));
  const codecs = [...new Set(rows.map(({ codec }) => codec))];
  const parts = codecs.flatMap((codec) => [heading(codec), list(rowsOf(rows, codec), most)]);
  const downloads = `runtime ${bytesInWords(runtime)} + model ${bytesInWords(model)}`;
  const last = bar('halfsize, once', 'once', once / most, bytesInWords(once), downloads);
  last.id = 'once';
  find('chart', HTMLElement).replaceChildren(...parts, costs([last]));
}

export function clearChart(): void {
  find('chart', HTMLElement).replaceChildren();
}

function rowsOf(rows: readonly Row[], codec: Codec): Row[] {
  return rows.filter((row) => row.codec === codec);
}

function heading({ name }: Codec): HTMLElement {
  const element = document.createElement('h3');
  element.textContent = name;
  return element;
}

function list(rows: readonly Row[], most: number): HTMLElement {
  const full = rows.find(({ form }) => form === FULL)?.found?.bytes;
  return costs(rows.map((row) => drawn(row, most, full)));
}

function drawn({ codec, form, state, found }: Row, most: number, full?: number): HTMLElement {
  const name = formInWords(form.scale);
  const label = name.charAt(0).toUpperCase() + name.slice(1);
  const share = (found?.bytes ?? 0) / most;
  const kind = form === FULL ? 'full' : 'ours';
  const words = { waiting: '', looking: '…', found: '', 'out of reach': 'not this good' };
  const bytes = found ? bytesInWords(found.bytes) : words[state];
  const detail = found ? `quality ${found.quality}${change(found.bytes, form === FULL, full)}` : '';
  const element = bar(label, kind, share, bytes, detail);
  element.dataset.state = state;
  element.dataset.cost = `${codec.name} ${form.scale.up}/${form.scale.down}`;
  return element;
}

function change(bytes: number, isFull: boolean, full: number | undefined): string {
  if (isFull || full === undefined) return '';
  const percent = (100 * (bytes - full)) / full;
  const sign = percent < 0 ? '−' : '+';
  return `, ${sign}${Math.abs(percent).toFixed(Math.abs(percent) < 10 ? 1 : 0)} %`;
}

function costs(bars: HTMLElement[]): HTMLElement {
  const element = document.createElement('dl');
  element.append(...bars);
  return element;
}

function bar(
  label: string,
  kind: string,
  share: number,
  bytes: string,
  detail: string,
): HTMLElement {
  const element = document.createElement('div');
  element.className = `cost ${kind}`;
  const length = described('dd', 'bar', '');
  length.style.setProperty('--share', `${100 * share}%`);
  element.append(
    described('dt', '', label),
    length,
    described('dd', 'bytes', bytes),
    described('dd', 'aside', detail),
  );
  return element;
}

function described(tag: string, name: string, text: string): HTMLElement {
  const element = document.createElement(tag);
  element.className = name;
  element.textContent = text;
  return element;
}
