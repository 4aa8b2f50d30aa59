import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { modelBytes, readCard, requireUntouched } from '../../src/core/card';
import { parseCard } from '../../src/core/card-problem';
import { ModelMismatch } from '../../src/core/errors';
import { sha256 } from '../../src/core/sha256';
import { sentences } from '../../src/library/sentences';

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new TextEncoder().encode(text));
}

const FILES = { 'model.json': bytesOf('{"a": 1}'), 'group1-shard1of1.bin': bytesOf('weights') };

const compute = async (bytes: Uint8Array) => sha256(bytes);

const say = (problem: 'incomplete' | 'altered', model: string, file: string) =>
  sentences[problem](model, file);

test.each([0, 1, 55, 56, 63, 64, 65, 1000])('SHA-256 of %i bytes', (length) => {
  const bytes = Uint8Array.from({ length }, (_, i) => (i * 7919) % 251);
  const expected = createHash('sha256').update(bytes).digest('hex');
  expect(Buffer.from(sha256(bytes)).toString('hex')).toBe(expected);
});

function cardJson(): Record<string, unknown> {
  const files = Object.entries(FILES).map(([name, bytes]) => {
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    return [name, { bytes: bytes.length, gzip_bytes: bytes.length + 20, sha256 }];
  });
  return {
    format: 1,
    name: 'tiny',
    scale: 2,
    margin_px: 4,
    colour: 'luma',
    parameters: 123,
    macs_per_output_pixel: 5,
    files: Object.fromEntries(files),
  };
}

test('a card is read, and what a browser does not need is let be', () => {
  const card = parseCard(cardJson());
  expect(card).toMatchObject({ name: 'tiny', scale: 2, margin_px: 4, colour: 'luma' });
  expect(modelBytes(card)).toEqual({ raw: 15, gzip: 55 });
});

test.each(['3/2', '4/3'])('a card of scale %s starts tiles at whole blocks', (scale) => {
  const down = Number(scale.at(-1));
  const card = { ...cardJson(), format: 2, scale, align_px: down };
  expect(parseCard(card)).toMatchObject({ scale, align_px: down });
  expect(readCard({ ...card, align_px: down + 1 })).toBeUndefined();
});

test('of the other files only the golden vectors are read, and they are checked as well', async () => {
  const golden = bytesOf('{}');
  const sha256 = createHash('sha256').update(golden).digest('hex');
  const entry = { bytes: 2, gzip_bytes: 22, sha256 };
  const other_files = { 'golden.json': entry, 'LICENSE.txt': entry };
  const card = parseCard({ ...cardJson(), other_files });
  expect(Object.keys(card.files)).toEqual([...Object.keys(FILES), 'golden.json']);
  expect(modelBytes(card)).toEqual({ raw: 17, gzip: 77 });
  await requireUntouched(card, { ...FILES, 'golden.json': golden }, compute, say);
  const altered = { ...FILES, 'golden.json': bytesOf('[]') };
  await expect(requireUntouched(card, altered, compute, say)).rejects.toThrow(/golden\.json/);
});

describe('a card that is wrong is refused with a sentence naming the field', () => {
  test.each([
    ['format', 3, /newer format, 3: update halfsize/],
    ['format', '2', /format is "2", not 1 or 2/],
    ['format', undefined, /format/],
    ['name', '', /name/],
    ['scale', 0, /scale .* at least 1, got 0/],
    ['scale', 1.5, /scale/],
    ['scale', '3', /scale .* "3\/2" or "4\/3", got "3"/],
    ['scale', '5/4', /scale .* got "5\/4"/],
    ['scale', '3/2', /align_px must be a multiple of 2 where scale is "3\/2", got 1/],
    ['margin_px', -1, /margin_px/],
    ['margin_px', '4', /margin_px .* got "4"/],
    ['colour', 'cmyk', /colour/],
    ['parameters', null, /parameters/],
    ['files', [], /files must be an object/],
    ['files', {}, /model\.json/],
    ['files', { 'model.json': { bytes: 1, gzip_bytes: 1, sha256: 'ab' } }, /sha256 of model\.json/],
  ])('%s: %j', (field, value, message) => {
    const change = () => parseCard({ ...cardJson(), [field]: value });
    expect(change).toThrow(ModelMismatch);
    expect(change).toThrow(message);
    expect(readCard({ ...cardJson(), [field]: value })).toBeUndefined();
  });

  test.each([null, 'card', 7, []])('%j', (value) => {
    expect(() => parseCard(value)).toThrow(ModelMismatch);
  });
});

describe('model files', () => {
  test('the written ones are taken', async () => {
    await requireUntouched(parseCard(cardJson()), FILES, compute, say);
  });

  test('one changed bit is refused', async () => {
    const weights = bytesOf('weights');
    weights[3] = (weights[3] as number) ^ 1;
    const tampered = { ...FILES, 'group1-shard1of1.bin': weights };
    await expect(requireUntouched(parseCard(cardJson()), tampered, compute, say)).rejects.toThrow(
      /“tiny” was altered: group1-shard1of1\.bin/,
    );
  });

  test('a file cut short is refused', async () => {
    const cut = { ...FILES, 'model.json': FILES['model.json'].slice(0, 5) };
    await expect(requireUntouched(parseCard(cardJson()), cut, compute, say)).rejects.toThrow(
      /altered/,
    );
  });

  test('a missing file is refused', async () => {
    const { 'model.json': model } = FILES;
    await expect(
      requireUntouched(parseCard(cardJson()), { 'model.json': model }, compute, say),
    ).rejects.toThrow(/incomplete: group1-shard1of1\.bin is missing/);
  });
});
