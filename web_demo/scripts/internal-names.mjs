import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const source = fileURLToPath(new URL('../src/', import.meta.url));

const LETTERS = [...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'];

/** A property whose name ends in `_` is internal: only scripts of one build see it. */
export const INTERNAL = /_$/;

/**
 * The short names of all internal properties: the most frequent gets the first letter. Scripts that
 * call each other (library and extras) must agree, so that all are built with this one table.
 *
 * Mangling is worth its price for names that are long, frequent and rarely destructured.
 *
 * @param {string[]} texts the texts of all source files.
 */
export function shortNames(texts) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  const taken = new Set();
  for (const text of texts) {
    for (const [name] of withoutComments(text).matchAll(/\b[a-z]\w*_\b/g)) {
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    // A property that has a short name already, such as `x`, keeps it to itself.
    for (const [, read, written] of text.matchAll(/\.([a-zA-Z])\b|\b([a-zA-Z])\??:/g)) {
      taken.add(read ?? written);
    }
  }
  const names = [...counts.keys()].sort(
    (a, b) => (counts.get(b) ?? 0) - (counts.get(a) ?? 0) || (a < b ? -1 : 1),
  );
  const pairs = LETTERS.flatMap((first) => LETTERS.map((second) => first + second));
  const free = [...LETTERS, ...pairs].filter((name) => !taken.has(name));
  return Object.fromEntries(
    names.map((name, index) => [name, /** @type {string} */ (free[index])]),
  );
}

/**
 * Settings of esbuild that shorten the internal properties, and give the build a name: scripts load
 * each other by it, so that none that a browser has cached meets one of another build.
 */
export async function shortened() {
  const files = await readdir(source, { recursive: true });
  const scripts = files.filter((name) => name.endsWith('.ts')).sort();
  const texts = await Promise.all(scripts.map((name) => readFile(path.join(source, name), 'utf8')));
  const build = createHash('sha256').update(texts.join('')).digest('hex').slice(0, 8);
  return { mangleProps: INTERNAL, mangleCache: shortNames(texts), build };
}

/** @param {string} text */
function withoutComments(text) {
  return text.replaceAll(/\/\*.*?\*\/|\/\/[^\n]*/gs, '');
}
