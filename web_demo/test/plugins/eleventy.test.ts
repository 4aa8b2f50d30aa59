import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import halfsize, { type EleventyConfig, type EleventyOptions } from '../../src/plugins/eleventy';
import { manifestOf } from '../made/published';

/** Eleventy itself builds a site in `make integration`; here its configuration is written down. */
class WrittenConfig implements EleventyConfig {
  readonly copied: Record<string, string> = {};
  readonly watched: string[] = [];
  readonly ignored: string[] = [];
  readonly ignores = { add: (glob: string) => this.ignored.push(glob) };
  shortcodes: Record<string, (name: string, alt: string, given?: string | object) => string> = {};
  transform: ((this: object, content: string) => string) | undefined;

  addWatchTarget(file: string) {
    this.watched.push(file);
  }

  addPassthroughCopy(paths: Record<string, string>) {
    Object.assign(this.copied, paths);
  }

  addShortcode(name: string, shortcode: (name: string, alt: string) => string) {
    this.shortcodes[name] = shortcode;
  }

  addTransform(_name: string, transform: (this: object, content: string) => string) {
    this.transform = transform;
  }
}

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'halfsize-eleventy-'));
  for (const part of ['photos', 'snippets', 'halfsize']) {
    mkdirSync(path.join(folder, 'pub', part), { recursive: true });
  }
  writeFileSync(path.join(folder, 'pub', 'manifest.json'), JSON.stringify(manifestOf()));
});
afterEach(() => rmSync(folder, { recursive: true }));

function configured(options: EleventyOptions = {}): WrittenConfig {
  const config = new WrittenConfig();
  halfsize(config, { manifest: path.join(folder, 'pub', 'manifest.json'), ...options });
  return config;
}

test('photos go where their addresses point, and nothing else is copied or taken for a page', () => {
  const { copied, watched, ignored } = configured();
  const from = `${folder}/pub`;
  expect(copied).toEqual({
    [`${from}/photos`]: 'media/photos',
    [`${from}/halfsize`]: 'media/halfsize',
  });
  expect(watched).toEqual([`${from}/manifest.json`]);
  expect(ignored).toEqual([`${from}/**`]);
  expect(configured({ copy: false }).copied).toEqual({});
});

test('the shortcode', () => {
  const { photo } = configured().shortcodes;
  expect(photo?.('harbour.jpg', 'A "cup"')).toContain('alt="A &quot;cup&quot;"');
  const attributes = { class: 'hero', __keywords: true };
  expect(photo?.('harbour.jpg', '', attributes)).toContain('<img class="hero" src=');
  expect(photo?.('harbour.jpg', '', '50vw')).toBe(photo?.('harbour.jpg', ''));
  expect(() => photo?.('boat.jpg', '')).toThrow('has no photo boat.jpg');
  expect(Object.keys(configured({ shortcode: 'picture' }).shortcodes)).toEqual(['picture']);
});

test('pages with such photos get the script', () => {
  const { transform } = configured();
  const at = (outputPath: string | false) => ({ page: { outputPath } });
  const page = '<head></head><half-size></half-size>';
  expect(transform?.call(at('_site/index.html'), page)).toContain(
    'src="/media/halfsize/half-size.js"',
  );
  expect(transform?.call(at('_site/feed.xml'), page)).toBe(page);
  expect(transform?.call(at(false), page)).toBe(page);
  expect(configured({ script: false }).transform).toBeUndefined();
});
