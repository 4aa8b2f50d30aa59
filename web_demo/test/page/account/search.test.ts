import { expect, test } from 'vitest';
import { lowestReaching } from '../../../src/page/account/search';

/** Scores of encoders: steep at first, then flat. */
const CURVES: Record<string, (quality: number) => number> = {
  usual: (quality) => 100 - 130 / (1 + quality / 15),
  flat: (quality) => 58 + quality / 20,
  steep: (quality) => -200 + 14 * quality,
  'in stairs': (quality) => 10 * Math.floor(quality / 9),
};

const CASES = Object.keys(CURVES).flatMap((name) =>
  [-150, 40, 60, 61.9, 80].map((target) => ({ name, target })),
);

test.each(CASES)('a $name curve: the lowest quality that reaches $target', async (wanted) => {
  const scoreOf = CURVES[wanted.name] as (quality: number) => number;
  const all = Array.from({ length: 100 }, (_, at) => at + 1);
  const tried: number[] = [];
  const found = await lowestReaching(wanted.target, async (quality) => {
    tried.push(quality);
    return { score: scoreOf(quality), file: `file ${quality}` };
  });
  const lowest = all.find((quality) => scoreOf(quality) >= wanted.target);
  expect(found?.quality).toBe(lowest);
  if (lowest) expect(found).toMatchObject({ score: scoreOf(lowest), file: `file ${lowest}` });
  expect(new Set(tried).size).toBe(tried.length);
  expect(tried.every((quality) => all.includes(quality))).toBe(true);
  expect(tried.length).toBeLessThanOrEqual(9);
});

test('what the attempt throws, such as an abort, ends the search', async () => {
  let count = 0;
  const search = lowestReaching(50, async () => {
    count += 1;
    if (count === 2) throw new Error('stop');
    return { score: 0, file: undefined };
  });
  await expect(search).rejects.toThrow('stop');
  expect(count).toBe(2);
});
