/** The rooms of src/: which may import which, no circles, and how many files a folder holds. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../', import.meta.url));

/** What each room may import, besides itself. Type imports count. */
const ROOMS: Record<string, string[]> = {
  core: [],
  tiles: ['core'],
  compact: ['core', 'tiles'],
  worker: ['core', 'tiles'],
  tfjs: ['core', 'tiles', 'compact', 'worker'],
  engines: ['core', 'tiles', 'compact', 'worker', 'tfjs'],
  library: ['core'],
  quality: ['core'],
  element: ['core', 'library'],
  page: ['core', 'library', 'quality'],
  package: ['core', 'library', 'element'],
  plugins: [],
  verify: ['core', 'compact', 'tfjs'],
};

const MOST_FILES = 15;

/** The files of a folder and of the folders below it, as paths from the project's root. */
function filesBelow(folder: string, pattern: RegExp): string[] {
  return readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => path.posix.join(folder, name.replaceAll(path.sep, '/')))
    .filter((name) => pattern.test(name));
}

const FILES = filesBelow('src', /(?<!\.d)\.ts$/);

/** The files of the project that a file imports: statically, as types, or while it runs. */
function importsOf(file: string): string[] {
  const text = readFileSync(path.join(root, file), 'utf8');
  const found = text.matchAll(/\b(?:from|import)\s*\(?\s*'(\.[^']+)'/g);
  return [...found].map(
    ([, name]) => `${path.posix.join(path.posix.dirname(file), name ?? '')}.ts`,
  );
}

const IMPORTS = new Map(FILES.map((file) => [file, importsOf(file)]));

/** The first circle that is found, as the files along it. */
function circleIn(graph: Map<string, string[]>): string[] | undefined {
  const done = new Set<string>();
  const visit = (file: string, trail: string[]): string[] | undefined => {
    if (trail.includes(file)) return [...trail.slice(trail.indexOf(file)), file];
    if (done.has(file)) return undefined;
    for (const next of graph.get(file) ?? []) {
      const circle = visit(next, [...trail, file]);
      if (circle) return circle;
    }
    done.add(file);
    return undefined;
  };
  for (const file of graph.keys()) {
    const circle = visit(file, []);
    if (circle) return circle;
  }
  return undefined;
}

test('every import is a file that exists', () => {
  const unknown = [...IMPORTS].flatMap(([file, targets]) =>
    targets.filter((target) => !IMPORTS.has(target)).map((target) => `${file} -> ${target}`),
  );
  expect(unknown).toEqual([]);
});

test('no circle of imports, types included', () => {
  expect(circleIn(IMPORTS)).toBeUndefined();
});

test('imports are found: of values, of types, dynamic, and for their effects', () => {
  expect(importsOf('src/package/half-size.ts')).toEqual([
    'src/element/decide.ts',
    'src/element/enlarge.ts',
    'src/element/half-size.ts',
    'src/element/shared-model.ts',
    'src/element/decide.ts',
    'src/element/half-size.ts',
    'src/package/attributes.ts',
    'src/library/entries/api.ts',
  ]);
});

test('a circle would be found', () => {
  const graph = new Map([
    ['a', ['b']],
    ['b', ['c', 'd']],
    ['c', []],
    ['d', ['b']],
  ]);
  expect(circleIn(graph)).toEqual(['b', 'd', 'b']);
});

test('a room imports only the rooms below it', () => {
  const roomOf = (file: string) => file.split('/')[1] as string;
  const wrong = [...IMPORTS].flatMap(([file, targets]) =>
    targets
      .filter((target) => ![roomOf(file), ...(ROOMS[roomOf(file)] ?? [])].includes(roomOf(target)))
      .map((target) => `${file} -> ${target}`),
  );
  expect(wrong).toEqual([]);
});

test('no folder holds more than a page of files', () => {
  const counts = new Map<string, number>();
  const files = ['src', 'test', 'scripts'].flatMap((folder) => filesBelow(folder, /\.(ts|mjs)$/));
  for (const file of files) {
    const folder = path.posix.dirname(file);
    counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  expect([...counts].filter(([, count]) => count > MOST_FILES)).toEqual([]);
});
