import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

/** The page offers these first, in this order; the model that `make demo` trained comes last. */
const FIRST = ['small-fine', 'small-clean', 'nano-web', 'small-fine-3-2'];
const LAST = 'demo';

/** @param {string} name */
function rank(name) {
  if (name === LAST) return FIRST.length + 1;
  return FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length;
}

/**
 * Read every export folder below `folder`: those with a halfsize.json.
 *
 * @param {string} folder
 * @returns {Promise<(import('../src/library/types').PackedModel & {card: {scale: number | string}})[]>} as the page offers them
 */
export async function packModels(folder) {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const packed = await Promise.all(
    names
      .sort((a, b) => rank(a) - rank(b) || a.localeCompare(b))
      .map((name) => packModel(path.join(folder, name), name)),
  );
  return packed.flatMap((model) => model ?? []);
}

/**
 * @param {string} folder
 * @param {string} name
 */
async function packModel(folder, name) {
  const text = await readFile(path.join(folder, 'halfsize.json'), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const card = JSON.parse(text);
  /** @type {Record<string, string>} */
  const files = {};
  const golden = card.other_files?.['golden.json'];
  const listed = { ...card.files, ...(golden && { 'golden.json': golden }) };
  for (const [file, { sha256 }] of Object.entries(listed)) {
    const bytes = await readFile(path.join(folder, file)).catch(() => {
      throw new Error(`models/${name}: ${file} is missing, export the model again`);
    });
    if (createHash('sha256').update(bytes).digest('hex') !== sha256) {
      throw new Error(
        `models/${name}: ${file} is not what halfsize.json describes, export it again`,
      );
    }
    files[file] = bytes.toString('base64');
  }
  return { folder: name, card, files };
}
