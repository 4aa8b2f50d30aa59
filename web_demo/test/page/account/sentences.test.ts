import { expect, test } from 'vitest';
import { missingInWords } from '../../../src/page/account/codecs';
import { best, type Form, FULL, type Row } from '../../../src/page/account/compare';
import { accountInWords, breakEven, formInWords } from '../../../src/page/account/sentences';

const account = { full: 100_000, small: 40_000, how: 'half size as WebP', once: 120_000 };

test('the download pays for itself when what it saved is as much as it cost', () => {
  expect(breakEven({ ...account, full: 100, small: 40, once: 120 })).toBe(2);
  expect(breakEven({ ...account, full: 100, small: 40, once: 121 })).toBe(3);
  expect(breakEven({ ...account, full: 40, small: 40 })).toBe(Number.POSITIVE_INFINITY);
});

test('the account in words', () => {
  expect(accountInWords(account)).toBe(
    'Sent at half size as WebP, this photo saves 60.0 KB (60 %) and looks as good. The download pays for itself after 2 photos like this.',
  );
  expect(accountInWords({ ...account, small: 95_000 })).toContain('saves 5.0 KB (5.0 %)');
  expect(accountInWords({ ...account, once: 1 })).toContain('after the first photo.');
});

test('where nothing is saved it says so plainly', () => {
  expect(accountInWords({ ...account, small: 100_000 })).toMatch(/^Nothing is saved/);
  expect(accountInWords({ ...account, small: undefined })).toMatch(/nothing to save/);
  expect(accountInWords({ ...account, full: undefined })).toMatch(/nothing can be compared/);
});

test.each([
  [1, 1, 'full size'],
  [2, 1, 'half size'],
  [3, 2, 'two thirds'],
  [4, 3, 'three quarters'],
  [5, 4, '4 of 5'],
])('a scale of %i/%i is called %s', (up, down, name) => {
  expect(formInWords({ up, down })).toBe(name);
});

test('what a browser does not write is named', () => {
  const [webp, avif] = [
    { name: 'WebP', type: 'image/webp' as const },
    { name: 'AVIF', type: 'image/avif' as const },
  ];
  expect(missingInWords([])).toBe('');
  expect(missingInWords([webp, avif])).toContain('writes no WebP and no AVIF');
});

test('the best file is the smallest that was found, of one model if it is named', () => {
  const codec = { name: 'JPEG', type: 'image/jpeg' as const };
  const half: Form = { scale: { up: 2, down: 1 }, model: 'a' };
  const thirds: Form = { scale: { up: 3, down: 2 }, model: 'b' };
  const row = (form: Form, bytes: number): Row => ({
    codec,
    form,
    state: 'found',
    found: { bytes, quality: 50, file: new Blob() },
  });
  const rows: Row[] = [
    row(FULL, 90),
    row(half, 80),
    row(thirds, 70),
    row(half, 75),
    { codec, form: thirds, state: 'out of reach' },
  ];
  expect(best(rows, true)).toBe(rows[0]);
  expect(best(rows, false)).toBe(rows[2]);
  expect(best(rows, false, 'a')).toBe(rows[3]);
  expect(best(rows, false, 'c')).toBeUndefined();
});
