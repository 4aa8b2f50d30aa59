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

test.each([
  { body: 1, channels: 4 },
  { body: 0, channels: 3, scale: { up: 3, down: 1 }, activation: 'relu' },
  { body: 0, channels: 5, colour: 'rgb', scale: { up: 4, down: 1 } },
] as const)('TF.js runs the file of %j', async (shape) => {
  const random = randomSource(5);
  const network = randomChain(random, shape);
  const files = graphFiles({ [NETWORK_FILE]: encodeChain(network) });
  const text = new TextDecoder().decode(files['model.json']);
  const model = await loadModel(text, weightBytes(files));
  for (const [height, width] of [
    [1, 1],
    [3, 7],
  ] as const) {
    const pixels = Float32Array.from({ length: height * width * 3 }, () => random());
    const expected = plainChain(network, pixels, height, width);
    const { data } = await model.run(pixels, height, width);
    const error = data.reduce(
      (worst, v, i) => Math.max(worst, Math.abs(v - (expected[i] ?? 9))),
      0,
    );
    expect(data.length).toBe(expected.length);
    expect(error).toBeLessThan(1e-5);
  }
  model.dispose();
});
