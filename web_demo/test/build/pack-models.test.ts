import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { packModels } from '../../scripts/pack-models.mjs';

let root: string;

beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'halfsize-models-'));
});

afterEach(() => rm(root, { recursive: true }));

async function writeModel(name: string, content: string): Promise<void> {
  const folder = path.join(root, name);
  await mkdir(folder);
  await writeFile(path.join(folder, 'model.json'), content);
  const sha256 = createHash('sha256').update(content).digest('hex');
  const card = { name, files: { 'model.json': { sha256 } } };
  await writeFile(path.join(folder, 'halfsize.json'), JSON.stringify(card));
}

test('every folder with a card is packed, in order of name', async () => {
  await writeModel('second', '{}');
  await writeModel('first', '{"a": 1}');
  await mkdir(path.join(root, 'no-card'));
  const models = await packModels(root);
  expect(models.map(({ folder }) => folder)).toEqual(['first', 'second']);
  expect(models[0]?.files).toEqual({ 'model.json': Buffer.from('{"a": 1}').toString('base64') });
});

test('released models come first, and the one that the demo trained last', async () => {
  for (const name of ['demo', 'nano-web', 'mine', 'small-fine']) await writeModel(name, '{}');
  const models = await packModels(root);
  expect(models.map(({ folder }) => folder)).toEqual(['small-fine', 'nano-web', 'mine', 'demo']);
});

test('no folder at all is no models', async () => {
  expect(await packModels(path.join(root, 'missing'))).toEqual([]);
});

test('a file that is not what its card says stops the build', async () => {
  await writeModel('demo', '{}');
  await writeFile(path.join(root, 'demo', 'model.json'), '{ }');
  await expect(packModels(root)).rejects.toThrow(/models\/demo: model\.json/);
});

test('a file that is missing stops the build', async () => {
  await writeModel('demo', '{}');
  await rm(path.join(root, 'demo', 'model.json'));
  await expect(packModels(root)).rejects.toThrow(/model\.json is missing/);
});
