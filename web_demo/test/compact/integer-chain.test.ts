import { describe, expect, test } from 'vitest';
import { buildKernels } from '../../scripts/build-kernels.mjs';
import { foursOf } from '../../src/compact/integer/enlargement';
import { crc32, requireSameBytes } from '../../src/compact/integer/golden';
import { type IntegerNetwork, parseIntegers } from '../../src/compact/integer/network';
import { IntegerChain } from '../../src/compact/wasm/integer/chain';
import { compileProgram } from '../../src/compact/wasm/integer/program';
import type { Enlarger } from '../../src/core/engine';
import { ModelMismatch } from '../../src/core/errors';
import { goldenBytes } from '../../src/core/golden';
import {
  encodeIntegers,
  type PlainIntegers,
  type PlainPicture,
  plainIntegers,
  randomIntegers,
  TAPS,
} from '../made/integers';
import { randomSource, wholeBetween } from '../made/random';
import { expectSameBytes } from '../made/stand-ins';

const program = await compileProgram(await buildKernels('integer-rows'));

const THREE_HALVES = { up: 3, down: 2 };
const FOUR_THIRDS = { up: 4, down: 3 };

const SHAPES = [
  { body: 0, channels: 1 },
  { body: 1, channels: 4, activation: 'relu', bits: 7 },
  { body: 2, channels: 12 },
  { body: 1, channels: 16, scale: { up: 3, down: 1 } },
  { body: 1, channels: 7, scale: { up: 4, down: 1 }, bits: 7 },
  { body: 1, channels: 20, colour: 'rgb' },
  { body: 0, channels: 9, colour: 'rgb', scale: { up: 3, down: 1 }, activation: 'relu' },
  { body: 0, channels: 5, colour: 'rgb', scale: { up: 4, down: 1 } },
  { body: 1, channels: 8, scale: THREE_HALVES },
  { body: 0, channels: 5, scale: THREE_HALVES, activation: 'relu' },
  { body: 1, channels: 7, colour: 'rgb', scale: THREE_HALVES },
  { body: 1, channels: 9, scale: FOUR_THIRDS },
  { body: 0, channels: 4, colour: 'rgb', scale: FOUR_THIRDS, bits: 7 },
] as const;

function pictureOf(height: number, width: number, byte: (at: number) => number): PlainPicture {
  return {
    height,
    width,
    bytes: Uint8Array.from({ length: 3 * height * width }, (_, i) => byte(i)),
  };
}

const smallest = pictureOf(1, 2, (at) => 40 * at);

async function started(network: IntegerNetwork): Promise<Enlarger> {
  const chain = await IntegerChain.start(program, network, false);
  return {
    checks: network.golden,
    runBytes: async (...tile) => chain.enlargeBytes(...tile),
    dispose: () => undefined,
  };
}

/** Of the engine, as RGB bytes. */
async function enlarged(model: Enlarger, network: PlainIntegers, picture: PlainPicture) {
  const { scale } = network;
  return goldenBytes(model, { ...picture, scale, input: picture.bytes });
}

async function expectSame(network: PlainIntegers, pictures: PlainPicture[]): Promise<void> {
  const model = await started(parseIntegers(encodeIntegers(network, smallest)));
  for (const picture of pictures) {
    const got = await enlarged(model, network, picture);
    expectSameBytes(got, Uint8ClampedArray.from(plainIntegers(network, picture)));
  }
}

test.each(SHAPES)('%j: the bytes of the reference at any size', async (shape) => {
  const random = randomSource(7);
  const network = randomIntegers(random, shape);
  const sizes = [
    [1, 1],
    [2, 3],
    [7, 6],
    [1, 19],
    [13, 1],
    [4, 33],
  ] as const;
  await expectSame(
    network,
    sizes.map(([height, width]) => pictureOf(height, width, () => wholeBetween(random, 0, 255))),
  );
});

describe.each(SHAPES)('%j at its worst', (shape) => {
  const random = randomSource(8);
  const network = randomIntegers(random, shape, true);
  const first = network.layers[0] as PlainIntegers['layers'][number];

  /** Pixels that are white where the first output's weights are positive, and black elsewhere. */
  const adversarial = (sign: number) =>
    pictureOf(2 * first.side, 3 * first.side, (at) => {
      const [pixel, colour] = [Math.floor(at / 3), at % 3];
      const [y, x] = [Math.floor(pixel / (3 * first.side)), pixel % (3 * first.side)];
      const place = (y % first.side) * first.side + (x % first.side);
      const input = Math.min(colour, first.inputs - 1);
      const weight = first.weights[(place * first.inputs + input) * first.outputs] as number;
      return weight * sign > 0 ? 255 : 0;
    });

  test.each([
    ['black', pictureOf(5, 6, () => 0)],
    ['white', pictureOf(5, 6, () => 255)],
    ['black and white', pictureOf(9, 10, () => (random() < 0.5 ? 0 : 255))],
    ['every weight adds', adversarial(1)],
    ['every weight subtracts', adversarial(-1)],
  ])('%s', async (_, picture) => {
    await expectSame(network, [picture]);
  });
});

test.each([
  [80, { up: 2, down: 1 }],
  [40, THREE_HALVES],
  [30, FOUR_THIRDS],
] as const)('%i random sizes by %j', async (count, scale) => {
  const random = randomSource(21);
  const network = randomIntegers(random, { body: 1, channels: 4, scale });
  const pictures = Array.from({ length: count }, () => {
    const [height, width] = [wholeBetween(random, 1, 24), wholeBetween(random, 1, 24)];
    return pictureOf(height, width, () => wholeBetween(random, 0, 255));
  });
  await expectSame(network, pictures);
});

test('the bicubic in whole numbers has the taps of the format', () => {
  for (const [ratio, [from, rows]] of Object.entries(TAPS)) {
    const [up, down] = ratio.split('/').map(Number) as [number, number];
    const got = foursOf({ up, down }).map(({ first, taps }) => {
      const row = Array((rows[0] as number[]).length).fill(0);
      for (const [i, tap] of taps.entries()) if (tap) row[first - from + i] = tap;
      return row;
    });
    expect(got).toEqual(rows);
  }
});

test('the CRC is that of zip and PNG', () => {
  expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf43926);
});

test('an engine that is off by one is refused', async () => {
  const network = randomIntegers(randomSource(5), { body: 0, channels: 3 });
  const model = await started(parseIntegers(encodeIntegers(network, smallest)));
  expect(await requireSameBytes(model)).toBe(true);
  const runBytes: Enlarger['runBytes'] = async (...tile) => {
    const bytes = await model.runBytes(...tile);
    bytes[0] = (bytes[0] as number) ^ 1;
    return bytes;
  };
  await expect(requireSameBytes({ ...model, runBytes })).rejects.toThrow('it computes wrongly');
});

/** The bytes of a file in which some are others. */
function fileWith(changes: Record<number, number>, shape = {}): () => IntegerNetwork {
  const network = randomIntegers(randomSource(8), { body: 0, channels: 3, ...shape });
  const bytes = encodeIntegers(network, smallest);
  for (const [at, value] of Object.entries(changes)) bytes[Number(at)] = value;
  return () => parseIntegers(bytes);
}

const HEADER = 16;
const BIASES = HEADER + 1;
const MULTIPLIERS = BIASES + 3 * 4;
const BELOW = MULTIPLIERS + 3 * 2;
const RANGES = BELOW + 3 * 2;
const LAST = RANGES + 3 + 9 * 3;
const LAST_MULTIPLIERS = LAST + 1 + 4 * 4;

test.each([
  [{ 4: 4 }, 'it is of a newer version. Update halfsize.'],
  [{ 4: 2 }, 'it does not compute in whole numbers, as its card says'],
  [{ 5: 1 }, 'the number at byte 5 is 1, it must be from 2 to 2'],
  [{ 14: 2 }, 'the number at byte 14 is 2, it must be from 1 to 1'],
  [{ 14: 0 }, 'the number at byte 14 is 0'],
  [{ 15: 6 }, 'the number at byte 15 is 6, it must be from 7 to 8'],
  [{ 15: 9 }, 'the number at byte 15 is 9'],
  [{ [HEADER]: 16 }, 'the number at byte 16 is 16, it must be from 0 to 15'],
  [{ [BIASES + 3]: 127 }, 'its sums may exceed 24 bits'],
  [{ [BIASES + 3]: 128 }, 'its sums may exceed 24 bits'],
  [{ [MULTIPLIERS + 1]: 128 }, `the number at byte ${MULTIPLIERS} is`],
  [{ [BELOW]: 0, [BELOW + 1]: 128 }, 'a multiplier is -32768'],
  [{ 15: 7, [RANGES]: 128 }, `the number at byte ${RANGES} is 128, it must be from 0 to 127`],
  [{ [LAST_MULTIPLIERS]: 1 }, 'a multiplier of its last layer is not a multiple of 256'],
])('a file with %j is refused', (changes: Record<number, number>, message) => {
  expect(fileWith(changes)).toThrow(ModelMismatch);
  expect(fileWith(changes)).toThrow(message);
});

test('a file of another length is refused', () => {
  const network = randomIntegers(randomSource(8), { body: 1, channels: 3 });
  const bytes = encodeIntegers(network, smallest);
  expect(parseIntegers(bytes).layers).toHaveLength(3);
  for (let length = 0; length < bytes.length; length++) {
    expect(() => parseIntegers(bytes.subarray(0, length))).toThrow('it is cut off');
  }
  expect(() => parseIntegers(new Uint8Array([...bytes, 0]))).toThrow('it is too long');
});

test('sums are refused from 2^24 on', () => {
  const network = randomIntegers(randomSource(8), { body: 0, channels: 1 });
  const [first] = network.layers as [PlainIntegers['layers'][number]];
  first.weights = [127, 0, -128, 0, 0, 0, 0, 0, 1];
  const largest = 256 * 2040;
  first.bias = [-(2 ** 24 - 1 - largest)];
  expect(parseIntegers(encodeIntegers(network, smallest)).layers).toHaveLength(2);
  first.bias = [2 ** 24 - largest];
  expect(() => parseIntegers(encodeIntegers(network, smallest))).toThrow('24 bits');
});
