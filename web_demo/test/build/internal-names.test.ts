import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, test } from 'vitest';
import { INTERNAL, shortNames } from '../../scripts/internal-names.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));

function parsed(file: string): ts.SourceFile {
  const text = readFileSync(path.join(root, file), 'utf8');
  return ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true);
}

/** What `pick` finds in the nodes of a file. */
function collect(source: ts.SourceFile, pick: (node: ts.Node) => string | undefined): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    const text = pick(node);
    if (text !== undefined) found.push(text);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** The names of members that a file declares. */
function declared(source: ts.SourceFile): string[] {
  return collect(source, (node) =>
    (ts.isTypeElement(node) || ts.isClassElement(node)) && node.name && ts.isIdentifier(node.name)
      ? node.name.text
      : undefined,
  );
}

// What crosses to a script that is not shortened (a TF.js engine, the exporter's check), what is in
// files, and the library's public API.
test.each([
  'src/core/messages.ts',
  'src/core/card.ts',
  'src/core/engine.ts',
  'src/core/picture.ts',
  'src/core/errors.ts',
  'src/library/types.ts',
  'src/library/parts.ts',
  'src/library/halfsize.ts',
  'src/library/pictures/animation.ts',
  'src/library/pictures/output.ts',
  'src/element/half-size.ts',
])('no member of %s is shortened', (file) => {
  const names = declared(parsed(file));
  expect(names.length).toBeGreaterThan(0);
  expect(names.filter((name) => INTERNAL.test(name))).toEqual([]);
});

// TF.js and onnxruntime-web are in scripts that are not shortened.
test.each([
  'typescript/lib/lib.dom.d.ts',
  'typescript/lib/lib.webworker.d.ts',
  'typescript/lib/lib.es2022.object.d.ts',
  '@webgpu/types/dist/index.d.ts',
])('the browser has no property that would be shortened: %s', (file) => {
  const text = readFileSync(path.join(root, 'node_modules', file), 'utf8');
  const code = text.replaceAll(/\/\*.*?\*\//gs, '');
  expect(code.match(/\b[a-z]\w*_\??\s*[:(]/g) ?? []).toEqual([]);
});

test('no string names an internal property: it would not be shortened with it', () => {
  const files = readdirSync(path.join(root, 'src'), { recursive: true, encoding: 'utf8' });
  const strings = files
    .filter((name) => name.endsWith('.ts'))
    .flatMap((name) =>
      collect(parsed(`src/${name}`), (node) =>
        ts.isStringLiteralLike(node) && !ts.isLiteralTypeNode(node.parent) ? node.text : undefined,
      ),
    );
  expect(strings.length).toBeGreaterThan(100);
  expect(strings.filter((text) => /^\w+_$/.test(text))).toEqual([]);
});

test('short names differ, go by frequency, and leave names alone that are there', () => {
  const names = shortNames(['often_ often_ rare_ // in_comments_', 'point.a; ({ b: 1 }); other_']);
  expect(names).toEqual({ often_: 'c', other_: 'd', rare_: 'e' });
});

test('there are names enough for many properties', () => {
  const text = Array.from({ length: 500 }, (_, i) => `name${i}_`).join(' ');
  expect(new Set(Object.values(shortNames([text]))).size).toBe(500);
});
