import { describe, expect, test } from 'vitest';
import { buildRows } from '../../scripts/build-kernels.mjs';
import { type ChainNetwork, parseNetwork } from '../../src/compact/network';
import { WasmChain } from '../../src/compact/wasm/chain';
import { enlargeFloats } from '../../src/compact/wasm/floats';
import { compileProgram } from '../../src/compact/wasm/program';
import { ModelMismatch } from '../../src/core/errors';
import { toByte } from '../../src/tfjs/floats';
import { upscale } from '../../src/tiles/upscale';
import { encodeChain, plainChain, randomChain } from '../made/chains';
import { randomSource, wholeBetween } from '../made/random';
import { expectSameBytes, randomPicture } from '../made/stand-ins';

const program = await compileProgram(await buildRows(), ['plain']);

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
  for (const [rows, columns] of [
    [1, 1],
    [2, 3],
    [7, 6],
    [1, 19],
    [13, 1],
    [6, 33],
  ] as const) {
    const [height, width] = [rows * down, columns * down];
    const pixels = Float32Array.from({ length: height * width * 3 }, () => random());
    const expected = plainChain(network, pixels, height, width);
    // Float32 against float64: sums of some hundred terms near 1.
    expect(largestError(enlargeFloats(chain, pixels, height, width), expected)).toBeLessThan(1e-5);
  }
});

test('200 sizes as bytes, each within what the floats round to', async () => {
  const random = randomSource(21);
  const network = randomChain(random, { body: 1, channels: 4 });
  const chain = new WasmChain(await program(), network);
  for (let i = 0; i < 200; i++) {
    const [height, width] = [wholeBetween(random, 1, 24), wholeBetween(random, 1, 24)];
    const { data } = randomPicture(width, height, random);
    const rgb = Float32Array.from({ length: height * width * 3 }, (_, at) => {
      return (data[at + Math.floor(at / 3)] as number) / 255;
    });
    const expected = plainChain(network, rgb, height, width);
    const got = chain.enlargeBytes_(data, height, width);
    expect(got.length).toBe(height * width * 16);
    for (let at = 0; at < expected.length; at++) {
      const value = expected[at] as number;
      const byte = got[at + Math.floor(at / 3)] as number;
      if (byte === toByte(value)) continue;
      // Only at the very half between two bytes may float32 fall to the other side.
      expect(Math.abs(value * 255 + 0.5 - Math.max(byte, toByte(value)))).toBeLessThan(0.005);
    }
    for (let at = 3; at < got.length; at += 4) if (got[at] !== 255) expect(got[at]).toBe(255);
  }
});

test('tiled equals whole to the byte', async () => {
  const random = randomSource(3);
  const network = randomChain(random, { body: 2, channels: 8 });
  const chain = new WasmChain(await program(), network);
  const model = {
    runBytes: async (...tile: Parameters<WasmChain['enlargeBytes_']>) =>
      chain.enlargeBytes_(...tile),
    dispose: () => undefined,
  };
  const work = { scale: network.scale, marginPx: network.marginPx, onTile: () => undefined };
  for (let i = 0; i < 40; i++) {
    const picture = randomPicture(
      wholeBetween(random, 1, 90),
      wholeBetween(random, 1, 90),
      random,
      i % 3 !== 0,
    );
    const options = { ...work, pause: async () => undefined };
    const whole = await upscale(picture, model, { ...options, tilePx: () => 4096 });
    const lanes = wholeBetween(random, 1, 3);
    const tilePx = wholeBetween(random, 2 * network.marginPx + 1, 60);
    const tiled = await upscale(picture, { ...model, lanes }, { ...options, tilePx: () => tilePx });
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

describe('hostile files', () => {
  const random = randomSource(99);
  const file = encodeChain(randomChain(random, { body: 1, channels: 3 }));

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

  test('4,000 of them give a typed error or a picture of the right shape', async () => {
    const pixels = randomPicture(5, 4, random).data;
    const counts = { refused: 0, run: 0 };
    for (let i = 0; i < 4_000; i++) {
      let network: ChainNetwork;
      try {
        network = parseNetwork(mutated());
      } catch (error) {
        expect(error).toBeInstanceOf(ModelMismatch);
        counts.refused++;
        continue;
      }
      const chain = new WasmChain(await program(), network);
      expect(chain.enlargeBytes_(pixels, 4, 5).length).toBe(80 * network.scale.up ** 2);
      counts.run++;
    }
    expect(counts.refused).toBeGreaterThan(400);
    expect(counts.run).toBeGreaterThan(400);
  });
});
