import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Reference } from '../../src/quality/ssimulacra2';
import { distorted, drawn } from './pictures';

type Case = {
  height: number;
  width: number;
  seed: number;
  how: string;
  sums: [number, number];
  score: number;
};

const golden = new URL('../../../tests/golden/ssimulacra2.json', import.meta.url);
const CASES: Case[] = JSON.parse(readFileSync(golden, 'utf8'));

test.each(CASES)('$width x $height, $how: $score as the Python package says', (wanted) => {
  const original = drawn(wanted.height, wanted.width, wanted.seed);
  const picture = distorted(original, wanted.how, wanted.seed);
  expect([original.sum, picture.sum]).toEqual(wanted.sums);
  const score = new Reference(original.pixels).score(picture.pixels);
  expect(Math.abs(score - wanted.score)).toBeLessThan(0.05);
});

test('an original is scored against any number of pictures, in any order', () => {
  const original = drawn(40, 50, 1);
  const reference = new Reference(original.pixels);
  const pictures = ['noisy', 'blocks'].map((how) => distorted(original, how, 1).pixels);
  const scores = pictures.map((picture) => reference.score(picture));
  expect(pictures.reverse().map((picture) => reference.score(picture))).toEqual(scores.reverse());
  // Variances are kept as float32, which leaves some thousandths.
  expect(reference.score(original.pixels)).toBeGreaterThan(99.98);
});

test('a picture of another size is refused', () => {
  const reference = new Reference(drawn(10, 20, 0).pixels);
  expect(() => reference.score(drawn(20, 10, 0).pixels)).toThrow('10 x 20 and 20 x 10');
});
