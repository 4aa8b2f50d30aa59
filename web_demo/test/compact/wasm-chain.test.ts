import { describe, expect, test } from 'vitest';
import { buildKernels } from '../../scripts/build-kernels.mjs';
import { type ChainLayer, type ChainNetwork, parseNetwork } from '../../src/compact/network';
import { WasmChain } from '../../src/compact/wasm/chain';
import { enlargeFloats } from '../../src/compact/wasm/floats';
import { compileProgram } from '../../src/compact/wasm/program';
import type { Work } from '../../src/core/engine';
import { ModelMismatch } from '../../src/core/errors';
import { goldenError } from '../../src/core/golden';
import { cropPicture, type Picture } from '../../src/core/picture';
import { toByte } from '../../src/tfjs/floats';
import { upscale } from '../../src/tiles/upscale';
import { encodeChain, plainChain, randomChain } from '../made/chains';
import { randomSource, wholeBetween } from '../made/random';
import { expectSameBytes, randomPicture } from '../made/stand-ins';

const program = await compileProgram(await buildKernels(), ['plain']);

const THREE_HALVES = { up: 3, down: 2 };
const FOUR_THIRDS = { up: 4, down: 3 };

const SHAPES = [
  { body: 0, channels: 1 },
  { body: 1, channels: 4, activation: 'relu' },
  { body: 2, channels: 12 },
  { body: 1, channels: 16, scale: { up: 3, down: 1 } },
  { body: 1, channels: 7, scale: { up: 4, down: 1 } },
  { body: 1, channels: 20, colour: 'rgb' },
  { body: 0, channels: 9, colour: 'rgb', scale: { up: 3, down: 1 }, activation: 'relu' },
  { body: 0, channels: 5, colour: 'rgb', scale: { up: 4, down: 1 } },
  { body: 1, channels: 8, scale: THREE_HALVES },
  { body: 0, channels: 5, scale: THREE_HALVES, activation: 'relu' },
  { body: 1, channels: 7, colour: 'rgb', scale: THREE_HALVES },
  { body: 1, channels: 9, scale: FOUR_THIRDS },
  { body: 0, channels: 4, colour: 'rgb', scale: FOUR_THIRDS },
] as const;

function largestError(got: Float32Array, expected: Float64Array): number {
  expect(got.length).toBe(expected.length);
  return got.reduce((worst, v, i) => Math.max(worst, Math.abs(v - (expected[i] ?? 9))), 0);
}

test.each(SHAPES)('%j at any size', async (shape) => {
  const random = randomSource(7);
  const network = randomChain(random, shape);
  const { down } = network.scale;
  const chain = new WasmChain(await program(), parseNetwork(encodeChain(network)));
  // In blocks: the reference takes its time.
  const whole = [
    [7, 6],
    [1, 19],
    [13, 1],
    [6, 33],
  ] as const;
  const sizes = [[1, 1], [2, 3], ...(down === 1 ? whole : [[3, 11]])] as const;
  for (const [rows, columns] of sizes) {
    const [height, width] = [(rows as number) * down, (columns as number) * down];
    const pixels = Float32Array.from({ length: height * width * 3 }, () => random());
    const expected = plainChain(network, pixels, height, width);
    // Float32 against float64: sums of some hundred terms near 1.
    expect(largestError(enlargeFloats(chain, pixels, height, width), expected)).toBeLessThan(1e-5);
  }
});

/** The engine as tiles see it. */
async function opened(network: ChainNetwork) {
  const chain = new WasmChain(await program(), network);
  const runBytes = async (...tile: Parameters<WasmChain['enlargeBytes_']>) =>
    chain.enlargeBytes_(...tile);
  return { runBytes, dispose: () => undefined };
}

function work(network: ChainNetwork, tilePx = 4096): Work {
  const { scale, marginPx } = network;
  const nothing = { onTile: () => undefined, pause: async () => undefined };
  return { scale, marginPx, tilePx: () => tilePx, ...nothing };
}

/** The first byte that is not what the reference's float rounds to; -1 if none. */
function firstWrong(got: Picture, expected: Float64Array): number {
  expect(got.data.length).toBe((expected.length / 3) * 4);
  return got.data.findIndex((byte, at) => {
    if (at % 4 === 3) return byte !== 255;
    const value = expected[at - Math.floor(at / 4)] as number;
    // Only at the very half between two bytes may float32 fall to the other side.
    const isNearHalf = Math.abs(value * 255 + 0.5 - Math.max(byte, toByte(value))) < 0.005;
    return byte !== toByte(value) && !(Math.abs(byte - toByte(value)) === 1 && isNearHalf);
  });
}

function floatsOf({ data, width, height }: Picture): Float32Array {
  return Float32Array.from({ length: height * width * 3 }, (_, at) => {
    return (data[at + Math.floor(at / 3)] as number) / 255;
  });
}

test.each([
  [200, { up: 2, down: 1 }],
  [60, THREE_HALVES],
  [40, FOUR_THIRDS],
] as const)('%i sizes by %j as bytes, each what the floats round to', async (count, scale) => {
  const random = randomSource(21);
  const network = randomChain(random, { body: 1, channels: 4, scale });
  const model = await opened(network);
  for (let i = 0; i < count; i++) {
    const [height, width] = [wholeBetween(random, 1, 24), wholeBetween(random, 1, 24)];
    const picture = randomPicture(width, height, random);
    const got = await upscale(picture, model, work(network));
    expect(firstWrong(got, plainChain(network, floatsOf(picture), height, width))).toBe(-1);
  }
});

/** What each fault does to a network of blocks before it is run. */
const FAULTS: Record<string, (network: ChainNetwork) => ChainNetwork> = {
  'rows and columns of a block swapped': (network) =>
    withFirst(network, (weights, first) => {
      const { down } = network.scale;
      const { inputs, outputs } = first;
      return weights.map((_, at) => {
        const pixel = Math.floor(at / outputs) % inputs;
        const swapped = (pixel % down) * down + Math.floor(pixel / down);
        return weights[at + (swapped - pixel) * outputs] as number;
      });
    }),
  'a kernel that lies one block to the right': (network) =>
    withFirst(network, (weights) => {
      const tap = weights.length / 9;
      return weights.map((_, at) => (at % (3 * tap) < tap ? 0 : (weights[at - tap] as number)));
    }),
  'a phase too far': (network) => {
    const last = network.layers.at(-1) as ChainLayer;
    const shifted = last.bias.map((_, at) => last.bias[(at + 1) % last.bias.length] as number);
    return { ...network, layers: [...network.layers.slice(0, -1), { ...last, bias: shifted }] };
  },
};

function withFirst(
  network: ChainNetwork,
  change: (weights: Float32Array, first: ChainLayer) => Float32Array,
): ChainNetwork {
  const [first, ...others] = network.layers as [ChainLayer, ...ChainLayer[]];
  return { ...network, layers: [{ ...first, weights: change(first.weights, first) }, ...others] };
}

describe.each([
  ['3/2', THREE_HALVES],
  ['4/3', FOUR_THIRDS],
] as const)('a planted fault at %s shows', (_, scale) => {
  const random = randomSource(5);
  const network = randomChain(random, { body: 0, channels: 4, scale });
  const picture = randomPicture(11, 8, random);
  const expected = plainChain(network, floatsOf(picture), 8, 11);

  test.each(Object.entries(FAULTS))('%s', async (_, plant) => {
    const right = await upscale(picture, await opened(network), work(network));
    expect(firstWrong(right, expected)).toBe(-1);
    const wrong = await upscale(picture, await opened(plant(network)), work(network));
    expect(firstWrong(wrong, expected)).not.toBe(-1);
    expect(await goldenError(await opened(network), network.golden)).toBeLessThanOrEqual(1);
    expect(await goldenError(await opened(plant(network)), network.golden)).toBeGreaterThan(1);
  });

  test('an anchor of another phase', () => {
    const off = (shift: number) => plainChain(network, floatsOf(picture), 8, 11, shift);
    expect(off(0)).toEqual(expected);
    expect(largestError(Float32Array.from(off(0.1)), expected)).toBeGreaterThan(1 / 255);
  });
});

test.each([{ up: 2, down: 1 }, THREE_HALVES, FOUR_THIRDS, { up: 4, down: 1 }])(
  'all sizes from 1 to 40 by %j: tiled equals whole to the byte',
  async (scale) => {
    const random = randomSource(3);
    const network = randomChain(random, { body: 0, channels: 1, scale });
    const model = await opened(network);
    const large = randomPicture(40, 40, random);
    const tilePx = 2 * network.marginPx + 8;
    for (let height = 1; height <= 40; height++) {
      for (let width = 1; width <= 40; width++) {
        const picture = cropPicture(large, { start: 0, end: height }, { start: 0, end: width });
        const whole = await upscale(picture, model, work(network));
        const sides = [width, height].map((side) => Math.ceil((side * scale.up) / scale.down));
        expect([whole.width, whole.height]).toEqual(sides);
        const tiled = await upscale(picture, model, work(network, tilePx));
        expectSameBytes(tiled.data, whole.data);
      }
    }
  },
);

test.each([{ up: 2, down: 1 }, THREE_HALVES, FOUR_THIRDS])(
  'photos of all sizes come back at their own by %j, whole and in tiles',
  async (scale) => {
    const random = randomSource(4);
    const network = randomChain(random, { body: 0, channels: 1, scale });
    const model = await opened(network);
    for (let i = 0; i < 150; i++) {
      const size = { width: wholeBetween(random, 1, 60), height: wholeBetween(random, 1, 60) };
      const reduced = (side: number) => scale.down * Math.ceil(side / scale.up);
      const isOpaque = i % 4 > 0;
      const small = randomPicture(reduced(size.width), reduced(size.height), random, isOpaque);
      const all = await upscale(small, model, work(network));
      const lanes = wholeBetween(random, 1, 3);
      const tilePx = wholeBetween(random, 2 * network.marginPx + 1, 30);
      const cut = await upscale(small, { ...model, lanes }, { ...work(network, tilePx), size });
      const { width, height } = size;
      expect([cut.width, cut.height]).toEqual([width, height]);
      const kept = cropPicture(all, { start: 0, end: height }, { start: 0, end: width });
      expectSameBytes(cut.data, kept.data);
    }
  },
);

test('tiled equals whole to the byte', async () => {
  const random = randomSource(3);
  const network = randomChain(random, { body: 2, channels: 8 });
  const model = await opened(network);
  for (let i = 0; i < 40; i++) {
    const picture = randomPicture(
      wholeBetween(random, 1, 90),
      wholeBetween(random, 1, 90),
      random,
      i % 3 !== 0,
    );
    const whole = await upscale(picture, model, work(network));
    const lanes = wholeBetween(random, 1, 3);
    const tilePx = wholeBetween(random, 2 * network.marginPx + 1, 60);
    const tiled = await upscale(picture, { ...model, lanes }, work(network, tilePx));
    expectSameBytes(tiled.data, whole.data);
  }
});

test('memory does not grow with the height of a picture, and little with its width', async () => {
  const started = await program();
  // The largest student that has a name: 5 body convolutions of 32 channels.
  const network = randomChain(randomSource(1), { body: 5, channels: 32 });
  const chain = new WasmChain(started, network);
  chain.enlargeBytes_(new Uint8ClampedArray(640 * 4), 1, 640);
  const before = started.kernels_.memory.buffer.byteLength;
  chain.enlargeBytes_(new Uint8ClampedArray(640 * 9 * 4), 9, 640);
  expect(started.kernels_.memory.buffer.byteLength).toBe(before);
  expect(before).toBeLessThan(8e6); // a tile is never wider; 32 MB are promised
});

function headerOf(changes: Record<number, number>): () => ChainNetwork {
  const network = randomChain(randomSource(8), { body: 0, channels: 3, scale: THREE_HALVES });
  const bytes = encodeChain(network);
  for (const [at, value] of Object.entries(changes)) bytes[Number(at)] = value;
  return () => parseNetwork(bytes);
}

test.each([
  [{ 4: 3 }, 'it is of a newer version. Update halfsize.'],
  [{ 4: 255 }, 'it is of a newer version. Update halfsize.'],
  [{ 4: 0 }, 'the number at byte 4 is 0'],
  [{ 4: 1 }, 'the number at byte 14 is 2, it must be from 0 to 0'],
  [{ 14: 0 }, 'the number at byte 14 is 0, it must be from 1 to 2'],
  [{ 14: 3 }, 'the number at byte 14 is 3, it must be from 1 to 2'],
  [{ 15: 1 }, 'the number at byte 14 is 258'],
  [{ 6: 4 }, 'it enlarges by 4/2'],
  [{ 6: 2 }, 'the number at byte 14 is 2, it must be from 1 to 1'],
])('a header with the bytes %j is refused', (changes, message) => {
  expect(headerOf(changes)).toThrow(ModelMismatch);
  expect(headerOf(changes)).toThrow(message);
});

test('version 2 may hold a whole scale as well', () => {
  const network = randomChain(randomSource(8), { body: 0, channels: 3 });
  const bytes = encodeChain(network);
  [bytes[4], bytes[14]] = [2, 1];
  expect(parseNetwork(bytes)).toEqual(parseNetwork(encodeChain(network)));
});

describe.each([
  ['2', { up: 2, down: 1 }],
  ['3/2', THREE_HALVES],
] as const)('hostile files of scale %s', (_, scale) => {
  const random = randomSource(99);
  const file = encodeChain(randomChain(random, { body: 1, channels: 3, scale }));

  function mutated(): Uint8Array {
    switch (wholeBetween(random, 0, 4)) {
      case 0: // cut off
        return file.slice(0, wholeBetween(random, 0, file.length - 1));
      case 1: // one bit
        return changed(wholeBetween(random, 0, file.length - 1), 1 << wholeBetween(random, 0, 7));
      case 2: // any header
        return changed(wholeBetween(random, 0, 15), wholeBetween(random, 1, 255));
      case 3: {
        // sizes as large as they can be said
        const bytes = file.slice();
        new DataView(bytes.buffer).setUint16(10, wholeBetween(random, 0, 65535), true);
        new DataView(bytes.buffer).setUint16(12, wholeBetween(random, 0, 65535), true);
        return bytes;
      }
      default: {
        const bytes = new Uint8Array(file.length + wholeBetween(random, 0, 40));
        bytes.set(file);
        for (let i = 0; i < 20; i++) {
          bytes[wholeBetween(random, 16, bytes.length - 1)] = wholeBetween(random, 0, 255);
        }
        return bytes;
      }
    }
  }

  function changed(at: number, by: number): Uint8Array {
    const bytes = file.slice();
    bytes[at] = (bytes[at] as number) ^ by;
    return bytes;
  }

  test('2,000 of them give a typed error or a picture of the right shape', async () => {
    const pixels = randomPicture(6, 12, random).data;
    const counts = { refused: 0, run: 0 };
    for (let i = 0; i < 2_000; i++) {
      let network: ChainNetwork;
      try {
        network = parseNetwork(mutated());
      } catch (error) {
        expect(error).toBeInstanceOf(ModelMismatch);
        counts.refused++;
        continue;
      }
      const chain = new WasmChain(await program(), network);
      const { up, down } = network.scale;
      expect(chain.enlargeBytes_(pixels, 12, 6).length).toBe((288 * up ** 2) / down ** 2);
      counts.run++;
    }
    expect(counts.refused).toBeGreaterThan(200);
    expect(counts.run).toBeGreaterThan(200);
  });
});
