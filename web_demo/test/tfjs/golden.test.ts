import { expect, test } from 'vitest';
import { requireGoldenCases } from '../../src/core/golden';
import { requireGolden } from '../../src/tfjs/golden';
import { nearest } from '../made/stand-ins';

const TWICE = { up: 2, down: 1 };
const VALUES = [0, 255, 51];

function golden(changes: object = {}) {
  const output = Array(4)
    .fill(VALUES.map((byte) => byte / 255))
    .flat();
  const content = {
    format: 1,
    tolerance: 1e-5,
    cases: [
      {
        name: 'one pixel',
        input: { shape: [1, 1, 3], values: VALUES },
        output: { shape: [2, 2, 3], values: output },
      },
    ],
    ...changes,
  };
  return { 'golden.json': new Uint8Array(new TextEncoder().encode(JSON.stringify(content))) };
}

/** A backend whose every output is off by `error`. */
const lying = (error: number) => ({
  ...nearest(2),
  run: async (...tile: Parameters<ReturnType<typeof nearest>['run']>) => {
    const result = await nearest(2).run(...tile);
    return { ...result, data: result.data.map((value) => value + error) };
  },
});

test('a backend that gives the golden output is checked', async () => {
  expect(await requireGolden(nearest(2), golden(), 'wasm', TWICE)).toBe(true);
});

test('a model without golden vectors is not checked', async () => {
  expect(await requireGolden(nearest(2), {}, 'wasm', TWICE)).toBe(false);
});

test.each([1e-3, -0.5, Number.NaN])('a backend that is off by %d is refused', async (error) => {
  await expect(requireGolden(lying(error), golden(), 'wasm', TWICE)).rejects.toThrow(
    /wrongly.*one pixel/,
  );
});

test('a GPU may round to half floats, and no further', async () => {
  expect(await requireGolden(lying(1e-3), golden(), 'tfjs-webgl', TWICE)).toBe(true);
  await expect(requireGolden(lying(5e-3), golden(), 'tfjs-webgl', TWICE)).rejects.toThrow(
    /wrongly/,
  );
});

test('another size is refused', async () => {
  await expect(requireGolden(nearest(3), golden(), 'tfjs-cpu', TWICE)).rejects.toThrow(/wrongly/);
});

/** Of 3/2: a picture of 1 x 2 pixels, which is continued to 2 x 2, and the output's 2 x 3. */
const BLOCKS = {
  name: 'two pixels',
  input: { shape: [1, 2, 3], values: [...VALUES, 1, 2, 3] },
  output: { shape: [2, 3, 3], values: Array.from({ length: 18 }, (_, i) => i / 20) },
};

/** A backend of 3/2 that wants 2 x 2 pixels, and gives 3 x 3: the output above, and a row below it. */
const ofBlocks = (side: number) => ({
  run: async (pixels: Float32Array, height: number, width: number) => {
    expect([height, width]).toEqual([2, 2]);
    const row = [...VALUES, 1, 2, 3].map((byte) => Math.fround(byte / 255));
    expect([...pixels]).toEqual([...row, ...row]);
    const data = Float32Array.from({ length: side ** 2 * 3 }, (_, i) => i / 20);
    return { data, height: side, width: side, channels: 3 };
  },
});

test('pictures are continued to whole blocks, and what that adds is cut off', async () => {
  const files = golden({ cases: [BLOCKS] });
  const scale = { up: 3, down: 2 };
  expect(await requireGolden(ofBlocks(3), files, 'wasm', scale)).toBe(true);
  await expect(requireGolden(ofBlocks(4), files, 'wasm', scale)).rejects.toThrow(/wrongly/);
});

test.each([{ format: 2 }, { tolerance: 1 }, { cases: [] }])(
  '%j proves nothing',
  async (changes) => {
    await expect(requireGolden(nearest(2), golden(changes), 'tfjs-cpu', TWICE)).rejects.toThrow(
      /golden\.json/,
    );
  },
);

/** The compact runtime's vectors: one pixel, and what `nearest` gives for it but for `error`. */
const oneCase = (error: number) => [
  {
    height: 1,
    width: 1,
    scale: TWICE,
    input: Uint8Array.from([10, 250, 51]),
    output: Uint8Array.from(
      Array(4)
        .fill([10 + error, 250, 51])
        .flat(),
    ),
  },
];

test.each([
  [0, 'wasm', true],
  [1, 'wasm', true],
  [2, 'wasm', false],
  [2, 'webgpu', true],
  [3, 'webgl2', false],
] as const)('golden bytes that are %d off on %s: %s', async (error, backend, isRight) => {
  const checked = requireGoldenCases({ ...nearest(2), golden: oneCase(error) }, {}, backend);
  if (isRight) expect(await checked).toBe(true);
  else await expect(checked).rejects.toThrow(`it computes wrongly: ${error}/255`);
});

test('golden bytes that are missing are wrong, and none prove nothing', async () => {
  const short = { ...nearest(2), runBytes: async () => new Uint8ClampedArray(4) };
  await expect(requireGoldenCases({ ...short, golden: oneCase(0) }, {}, 'webgpu')).rejects.toThrow(
    /wrongly/,
  );
  expect(await requireGoldenCases(nearest(2), {}, 'wasm')).toBe(false);
});
