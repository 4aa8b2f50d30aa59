import { afterEach, expect, test, vi } from 'vitest';
import type { Photo } from '../../src/element/decide';
import { namesScales, requireFit, resolveStudents, studentFor } from '../../src/element/student';

afterEach(() => {
  vi.unstubAllGlobals();
});

/** A file and the width of its photo, by a descriptor or by an attribute. */
function photo(file: number, width: number, isExact = true): Photo {
  const exact = isExact ? width : Number.NaN;
  return { file: { width: file, height: 1 }, width, height: 1, exact };
}

const BOTH = 'models/half/ 2x, models/thirds/model.halfsize 1.5x';

test.each([
  ['half of the photo', 600, 1200, 'models/half/'],
  ['two thirds', 800, 1200, 'models/thirds/model.halfsize'],
  ['half, padded', 600, 1199, 'models/half/'],
  // 799 pixels are padded to 801, of which two thirds are 534.
  ['two thirds, padded', 534, 799, 'models/thirds/model.halfsize'],
])('%s', (_, file, width, expected) => {
  expect(studentFor(BOTH, photo(file, width))).toBe(expected);
});

test('four thirds as a page writes them, to a photo of 4000 pixels', () => {
  expect(studentFor('a 2x, b 1.5x, c 1.3333x', photo(3000, 4000))).toBe('c');
});

test('a photo that no student makes', () => {
  expect(() => studentFor(BOTH, photo(400, 1200))).toThrow(
    'No student makes a file of 400 pixels 1200 pixels wide.',
  );
  expect(() => requireFit(2, photo(800, 1200))).toThrow('file of 800 pixels 1200 pixels wide');
  expect(() => requireFit(1.5, photo(800, 1200))).not.toThrow();
});

test('attributes need not be exact: the nearest scale is taken, or the first', () => {
  expect(studentFor(BOTH, photo(620, 1200, false))).toBe('models/half/');
  expect(studentFor(BOTH, photo(820, 1200, false))).toBe('models/thirds/model.halfsize');
  expect(studentFor(BOTH, photo(820, Number.NaN, false))).toBe('models/half/');
  expect(() => requireFit(2, photo(900, 1200, false))).not.toThrow();
});

test.each(['models/nano/', 'models/my nano/model.halfsize', 'm/2x', 'https://a.b/c,d/?e=1,2'])(
  'one student without a scale: %s',
  (address) => {
    expect(studentFor(address, photo(600, 1200))).toBe(address);
    expect(studentFor(` ${address}\n`, photo(500, 1200))).toBe(address);
  },
);

test('no student', () => {
  expect(studentFor('', photo(600, 1200))).toBe('');
});

test.each([
  ['\n  a 2x,\n  b,c 1.5x\n', 'a', 'b,c'],
  ['a 2x,b 1.5x,', 'a', 'b'],
  ['my model 2x, b/2x 1.5x', 'my model', 'b/2x'],
])('a list as people write it: %j', (named, half, thirds) => {
  expect(studentFor(named, photo(600, 1200))).toBe(half);
  expect(studentFor(named, photo(800, 1200))).toBe(thirds);
});

test('addresses are made absolute once', () => {
  vi.stubGlobal('document', { baseURI: 'https://example.org/blog/post.html' });
  expect(resolveStudents('m/a/')).toBe('https://example.org/blog/m/a/');
  expect(resolveStudents('/m/a/ 2x, ../b$& 1.5x')).toBe(
    'https://example.org/m/a/ 2x, https://example.org/b$& 1.5x',
  );
});

test.each([
  ['models/half/', false],
  ['models/2x', false],
  ['models/2x/half', false],
  ['models/half/ 2x', true],
  [BOTH, true],
])('%s names scales: %o', (named, expected) => {
  expect(namesScales(named)).toBe(expected);
});
