import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { PublishedPhotos, withScript } from '../../src/plugins/manifest';
import { manifestOf } from '../made/published';

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'halfsize-manifest-'));
  file = path.join(folder, 'manifest.json');
});
afterEach(() => rmSync(folder, { recursive: true }));

function written(content: unknown): PublishedPhotos {
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return new PublishedPhotos(file);
}

test('photos of a manifest', () => {
  const photos = written(manifestOf());
  expect(photos.names).toEqual(['harbour.jpg', 'trip/hill.jpg']);
  expect(photos.script).toBe('/media/halfsize/half-size.js');
  expect(photos.baseUrl).toBe('/media/');
  expect(photos.html('trip/hill.jpg', 'A hill')).toBe(
    '<img src="/media/photos/trip/hill-1.avif" width="900" height="600" alt="A hill" loading="lazy">',
  );
});

test('a manifest of the next format, with widths', () => {
  const { photos, ...rest } = manifestOf();
  const widths = [
    { width: 480, height: 320, file: 'a', file_width: 240, file_height: 160, bytes: 1 },
  ];
  const harbour = { ...photos['harbour.jpg'], widths };
  const read = written({ ...rest, format: 3, base_url: '/m/', photos: { 'harbour.jpg': harbour } });
  expect(read.photo('harbour.jpg').widths).toEqual(widths);
  expect(read.baseUrl).toBe('/m/');
});

test('a manifest as `halfsize publish` writes it', () => {
  const golden = new PublishedPhotos(
    path.join(import.meta.dirname, '../../../tests/golden/manifest.json'),
  );
  expect(golden.names).toEqual(['harbour.jpg', 'trip/hero & 1.jpg']);
  expect([golden.baseUrl, golden.script]).toEqual(['/media/', '/media/halfsize/half-size.js']);
  const { width, height, widths } = golden.photo('harbour.jpg');
  expect([width, height]).toEqual([600, 400]);
  expect(widths?.map((one) => [one.width, one.height, one.file_width])).toEqual([
    [300, 200, 600],
    [450, 300, 400],
    [600, 400, 300],
  ]);
  const html = golden.html('harbour.jpg', 'The "harbour"', { sizes: '50vw', class: 'wide' });
  expect(html.match(/ sizes="50vw"/g)).toHaveLength(2);
  expect(html).not.toContain('100vw');
  expect(html).toMatch(/<img class="wide" src=.* alt="The &quot;harbour&quot;" loading="lazy"/);
  expect(html).toContain('model.halfsize 2x, /media/halfsize/models/thirds/model.halfsize 1.5x">');
  const hero = golden.html('trip/hero & 1.jpg', '');
  expect(hero).toMatch(/^<img src="[^"]*" width="600" height="400" alt="" fetchpriority="high"/);
  expect(() => golden.photo('torn.jpg')).toThrow('ends too soon');
});

test('a manifest that has changed is read again', () => {
  const photos = written({ ...manifestOf(), photos: {} });
  expect(photos.names).toEqual([]);
  written(manifestOf());
  expect(photos.names).toHaveLength(2);
});

test.each<[string, unknown, RegExp]>([
  ['no JSON', '{', /manifest\.json is no manifest/],
  ['a format to come', { ...manifestOf(), format: 4 }, /has format 4, known are 2 and 3/],
  ['an older format', { ...manifestOf(), format: 1 }, /has format 1, known are 2 and 3/],
])('a manifest of %s is refused', (_, content, message) => {
  expect(() => written(content).names).toThrow(message);
});

test('mistakes are named', () => {
  expect(() => new PublishedPhotos(file).names).toThrow(/manifest\.json is missing: publish/);
  const photos = written(manifestOf());
  expect(() => photos.html('hill.jpg', '')).toThrow(
    /has no photo hill\.jpg; is it trip\/hill\.jpg\?/,
  );
  expect(() => photos.html('toString', '')).toThrow('has no photo toString');
  expect(() => photos.html('torn.jpg', '')).toThrow('has no photo torn.jpg: it ends too soon');
  expect(() => photos.html('harbour.jpg', undefined as unknown as string)).toThrow(
    'harbour.jpg needs a text that describes it, or ""',
  );
});

test('addresses that depend on the page are refused', () => {
  const photos = written(manifestOf(''));
  expect(() => photos.html('trip/hill.jpg', '')).toThrow(/publish with .* --base-url \/media\//);
  expect(written(manifestOf('https://cdn.example/')).html('trip/hill.jpg', '')).toContain('cdn');
});

const SCRIPT = '/media/halfsize/half-size.js';

test.each([
  ['<head></head><half-size>', '<head><script defer src="S"></script></head><half-size>'],
  [
    '<HEAD></HEAD ><half-size model="a">',
    '<HEAD><script defer src="S"></script></HEAD ><half-size model="a">',
  ],
  ['<half-size><img></half-size>', '<half-size><img></half-size><script defer src="S"></script>'],
  ['<script src="S"></script><half-size>', '<script src="S"></script><half-size>'],
  ['<img><half-sized>', '<img><half-sized>'],
])('%s becomes %s', (page, expected) => {
  const withAddress = (text: string) => text.replaceAll('"S"', `"${SCRIPT}"`);
  expect(withScript(withAddress(page), SCRIPT)).toBe(withAddress(expected));
  expect(withScript(page, null)).toBe(page);
});
