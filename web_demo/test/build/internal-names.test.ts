import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, test } from 'vitest';
import { ENGINE_NAMES, LIBRARY_NAMES, shortened } from '../../scripts/internal-names.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** The names that types of a module give to properties. */
function properties(file: string): string[] {
  const text = readFileSync(new URL(`../../src/${file}`, import.meta.url), 'utf8');
  const code = text.replaceAll(/\/\*.*?\*\/|\/\/[^\n]*/gs, '');
  return [...code.matchAll(/(\w+)\??:/g)].map(([, name]) => name as string);
}

// What engines are told and answer, what is in files, and what the library gives to a page.
test.each([
  'core/messages.ts',
  'core/card.ts',
  'core/picture.ts',
  'core/errors.ts',
  'library/types.ts',
])('no property of %s is shortened', (file) => {
  const names = properties(file);
  expect(names.length).toBeGreaterThan(0);
  const internal = [...ENGINE_NAMES, ...LIBRARY_NAMES];
  expect(names.filter((name) => internal.includes(name))).toEqual([]);
});

/** The program that a tsconfig describes. */
function programOf(config: string): ts.Program {
  const { config: json } = ts.readConfigFile(path.join(root, config), ts.sys.readFile);
  const { fileNames, options } = ts.parseJsonConfigFileContent(json, ts.sys, root);
  return ts.createProgram(fileNames, options);
}

/** Uses of the names that mean a property of the browser's, or of a package's. */
function strangers(program: ts.Program, names: string[], skipped?: RegExp): string[] {
  const checker = program.getTypeChecker();
  const found: string[] = [];
  const isForeign = (at: ts.Declaration) => at.getSourceFile().fileName.includes('/node_modules/');
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && names.includes(node.text)) {
      const properties = ts.isBindingElement(node.parent)
        ? [checker.getTypeAtLocation(node.parent.parent).getProperty(node.text)]
        : [checker.getSymbolAtLocation(node), ...contextual(checker, node)];
      const declarations = properties.flatMap((symbol) =>
        symbol && symbol.flags & ts.SymbolFlags.ClassMember ? (symbol.declarations ?? []) : [],
      );
      const source = node.getSourceFile();
      const { line } = source.getLineAndCharacterOfPosition(node.pos);
      const place = `${path.relative(root, source.fileName)}:${line + 1} ${node.text}`;
      if (declarations.some(isForeign)) found.push(place);
    }
    ts.forEachChild(node, visit);
  };
  for (const source of program.getSourceFiles()) {
    const file = path.relative(root, source.fileName);
    if (file.startsWith('src/') && !skipped?.test(file)) visit(source);
  }
  return found;
}

/** A property that is written in an object literal, as whoever takes the object declares it. */
function contextual(checker: ts.TypeChecker, node: ts.Identifier): (ts.Symbol | undefined)[] {
  const literal = node.parent.parent;
  if (!literal || !ts.isObjectLiteralExpression(literal)) return [];
  const type = checker.getContextualType(literal);
  const types = type?.isUnion() ? type.types : type ? [type] : [];
  return types.map((each) => each.getProperty(node.text));
}

test.each([
  ['tsconfig.page.json', LIBRARY_NAMES, undefined],
  // TF.js's engines are not shortened, and tfjs/ is only in these.
  ['tsconfig.worker.json', ENGINE_NAMES, /^src\/(engines\/tfjs|tfjs\/)/],
])('no property of the browser is shortened: %s', (config, names, skipped) => {
  expect(strangers(programOf(config), names, skipped)).toEqual([]);
});

test('a shortened name of the browser is found: read, taken apart, or handed over', () => {
  const found = strangers(programOf('tsconfig.page.json'), ['key', 'clientX', 'passive']);
  for (const name of ['key', 'clientX', 'passive']) {
    expect(found).toContainEqual(
      expect.stringMatching(new RegExp(`^src/page/comparison\\.ts:\\d+ ${name}$`)),
    );
  }
});

test.each([[ENGINE_NAMES], [LIBRARY_NAMES]])('each of %j has a short name', (names) => {
  const short = Object.values(shortened(names).mangleCache);
  expect(new Set(short).size).toBe(names.length);
  expect(short).not.toContain(false);
});
