import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ENGINE_NAMES, LIBRARY_NAMES, shortened } from '../scripts/internal-names.mjs';

/** The names that types of a module give to properties. */
function properties(file: string): string[] {
  const text = readFileSync(new URL(`../src/${file}`, import.meta.url), 'utf8');
  const code = text.replaceAll(/\/\*.*?\*\/|\/\/[^\n]*/gs, '');
  return [...code.matchAll(/(\w+)\??:/g)].map(([, name]) => name as string);
}

// What engines are told and answer, what is in files, and what the library gives to a page.
test.each(['messages.ts', 'card.ts', 'picture.ts', 'errors.ts', 'library/parts.ts'])(
  'no property of %s is shortened',
  (file) => {
    const names = properties(file);
    expect(names.length).toBeGreaterThan(0);
    const internal = [...ENGINE_NAMES, ...LIBRARY_NAMES];
    expect(names.filter((name) => internal.includes(name))).toEqual([]);
  },
);

test.each([[ENGINE_NAMES], [LIBRARY_NAMES]])('each of %j has a short name', (names) => {
  const short = Object.values(shortened(names).mangleCache);
  expect(new Set(short).size).toBe(names.length);
  expect(short).not.toContain(false);
});
