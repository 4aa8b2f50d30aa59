import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { judgedPart } from '../../src/quality/judge';
import { reduced } from '../../src/quality/reduce';

const golden = new URL('../../../tests/golden/reductions.json', import.meta.url);
const CASES: { input: number[][]; reduced: number[][] }[] = JSON.parse(
  readFileSync(golden, 'utf8'),
);

function grey(rows: number[][]) {
  const data = Uint8ClampedArray.from(rows.flat().flatMap((value) => [value, value, value, 255]));
  return { data, width: rows[0]?.length ?? 0, height: rows.length };
}

test.each(CASES.map((wanted, index) => ({ ...wanted, index })))(
  'a photo is reduced as MATLAB does it, case $index',
  (wanted) => {
    const up = wanted.input.length / wanted.reduced.length > 1.4 ? 3 : 4;
    expect(reduced(grey(wanted.input), { up, down: up - 1 })).toEqual(grey(wanted.reduced));
  },
);

test('a side that is not a multiple repeats its edge', () => {
  const rows = [0, 1, 2, 3].map((y) => [0, 1, 2, 3].map((x) => 17 * ((y * 5 + x * 3) % 16)));
  const cutRows = rows.slice(0, 3).map((row) => row.slice(0, 3));
  const repeated = [...cutRows, cutRows[2] as number[]].map((row) => [...row, row[2] as number]);
  const ratio = { up: 2, down: 1 };
  expect(reduced(grey(cutRows), ratio)).toEqual(reduced(grey(repeated), ratio));
});

test('the middle of a large photo is judged, in whole blocks; all of a small one', () => {
  expect(judgedPart({ width: 641, height: 427 })).toEqual({ x: 0, y: 0, width: 641, height: 427 });
  const part = judgedPart({ width: 4000, height: 3000 });
  expect([part.width % 12, part.height % 12]).toEqual([0, 0]);
  expect(part.width * part.height).toBeLessThanOrEqual(640_000);
  expect(part.width * part.height).toBeGreaterThan(600_000);
  expect([2 * part.x + part.width, 2 * part.y + part.height]).toEqual([4000, 3000]);
});
