import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { scaleOf } from '../../src/core/scale';
import { throughFloats } from '../../src/tfjs/floats';
import { loadModel, weightBytes } from '../../src/tfjs/model';
import { upscale } from '../../src/tiles/upscale';
import { randomSource } from '../made/random';
import { nearest, randomPicture } from '../made/stand-ins';
import { repeatingModel } from '../made/tiny-model';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

test.each([2, 3])('a graph model enlarges %ix, byte for byte, through tiles', async (scale) => {
  const { json, weights } = repeatingModel(scale);
  const graph = await loadModel(json, weights);
  const runBytes = throughFloats((...tile) => graph.run(...tile));
  const model = { runBytes, dispose: () => graph.dispose() };
  const picture = randomPicture(23, 17, randomSource(scale));
  const work = {
    scale: scaleOf(scale),
    marginPx: 1,
    tilePx: () => 9,
    onTile: () => undefined,
    pause: async () => undefined,
  };
  const [ours, expected] = [
    await upscale(picture, model, work),
    await upscale(picture, nearest(scale), work),
  ];
  expect(ours.data).toEqual(expected.data);
  model.dispose();
});

test('neither a run nor loading again leaves a tensor behind', async () => {
  const { json, weights } = repeatingModel(2);
  const before = tf.memory().numTensors;
  for (let i = 0; i < 3; i++) {
    const model = await loadModel(json, weights);
    const loaded = tf.memory().numTensors;
    await model.run(new Float32Array(4 * 5 * 3), 4, 5);
    await model.kernels(4, 5);
    expect(tf.memory().numTensors).toBe(loaded);
    model.dispose();
    expect(tf.memory().numTensors).toBe(before);
  }
});

test('the kernels of a run are named in order', async () => {
  const { json, weights } = repeatingModel(2);
  const model = await loadModel(json, weights);
  expect(await model.kernels(4, 5)).toEqual(['Conv2D', 'DepthToSpace']);
  model.dispose();
});

test('a model.json that is cut off is not loaded', async () => {
  const { json, weights } = repeatingModel(2);
  await expect(loadModel(json.slice(0, 100), weights)).rejects.toThrow();
});

test('weights come in the order of the manifest, whatever the order of the files', () => {
  const manifest = { weightsManifest: [{ paths: ['b.bin', 'a.bin'], weights: [] }] };
  const json = new Uint8Array(new TextEncoder().encode(JSON.stringify(manifest)));
  const files = { 'a.bin': new Uint8Array([3]), 'b.bin': new Uint8Array([1, 2]) };
  expect([...new Uint8Array(weightBytes({ ...files, 'model.json': json }))]).toEqual([1, 2, 3]);
  expect(() => weightBytes({ 'model.json': json, 'b.bin': files['b.bin'] })).toThrow(/a\.bin/);
});
