import type { ChainLayer, ChainNetwork } from '../../src/compact/network';
import { NETWORK_FILE } from '../../src/core/card';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { graphFiles } from '../../src/tfjs/graph';
import { loadModel, weightBytes } from '../../src/tfjs/model';
import { encodeChain, plainChain, randomChain } from '../made/chains';
import { randomSource } from '../made/random';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

/** What TF.js makes of a picture, and the largest difference of it from what the network is to give. */
async function errorOf(
  file: ChainNetwork,
  network: ChainNetwork,
  [rows, columns]: readonly [number, number],
  random: () => number,
): Promise<number> {
  const files = graphFiles({ [NETWORK_FILE]: encodeChain(file) });
  const text = new TextDecoder().decode(files['model.json']);
  const model = await loadModel(text, weightBytes(files));
  const { down } = network.scale;
  const [height, width] = [rows * down, columns * down];
  const pixels = Float32Array.from({ length: height * width * 3 }, () => random());
  const expected = plainChain(network, pixels, height, width);
  const { data } = await model.run(pixels, height, width);
  model.dispose();
  expect(data.length).toBe(expected.length);
  return data.reduce((worst, v, i) => Math.max(worst, Math.abs(v - (expected[i] ?? 9))), 0);
}

test.each([
  { body: 1, channels: 4 },
  { body: 0, channels: 3, scale: { up: 3, down: 1 }, activation: 'relu' },
  { body: 0, channels: 5, colour: 'rgb', scale: { up: 4, down: 1 } },
  { body: 1, channels: 4, scale: { up: 3, down: 2 } },
  { body: 0, channels: 3, colour: 'rgb', scale: { up: 3, down: 2 } },
  { body: 0, channels: 3, scale: { up: 4, down: 3 }, activation: 'relu' },
  { body: 1, channels: 2, colour: 'rgb', scale: { up: 4, down: 3 } },
] as const)('TF.js runs the file of %j', async (shape) => {
  const random = randomSource(5);
  const network = randomChain(random, shape);
  for (const blocks of [
    [1, 1],
    [3, 7],
  ] as const) {
    expect(await errorOf(network, network, blocks, random)).toBeLessThan(1e-5);
  }
});

test.each([
  // Of weights by the row and column of a block, and of a pixel in it.
  ['rows of a block are exchanged', (at: number, size: number) => at ^ (2 * size)],
  ['the kernel is a block off', (at: number, size: number) => at + 4 * size],
])('it shows when %s', async (_, moved) => {
  const random = randomSource(5);
  const network = randomChain(random, { body: 0, channels: 4, scale: { up: 3, down: 2 } });
  const [first, ...rest] = network.layers as [ChainLayer, ...ChainLayer[]];
  const { weights, outputs } = first;
  const wrong = weights.map((_, i) => weights[moved(i, outputs) % weights.length] as number);
  const file = { ...network, layers: [{ ...first, weights: wrong }, ...rest] };
  expect(await errorOf(file, network, [3, 4], random)).toBeGreaterThan(0.05);
});
