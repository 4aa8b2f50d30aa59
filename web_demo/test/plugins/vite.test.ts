import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build, type Plugin } from 'vite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import halfsize from '../../src/plugins/vite';
import { manifestOf } from '../made/published';

let root: string;

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'halfsize-vite-'));
  mkdirSync(path.join(root, 'public', 'media'), { recursive: true });
  writeFileSync(path.join(root, 'public/media/manifest.json'), JSON.stringify(manifestOf()));
});
afterEach(() => rmSync(root, { recursive: true }));

/** Build a page by Vite itself: its HTML, and its script. */
async function built(page: string, script = ''): Promise<{ html: string; script: string }> {
  writeFileSync(path.join(root, 'index.html'), page);
  writeFileSync(path.join(root, 'main.js'), script);
  const plugin = halfsize({ manifest: 'public/media/manifest.json' }) satisfies Plugin;
  await build({ root, logLevel: 'silent', configFile: false, plugins: [plugin] });
  const assets = path.join(root, 'dist/assets');
  const read = (name: string) => readFileSync(path.join(root, 'dist', name), 'utf8');
  const [name] = script ? readdirSync(assets).filter((it) => it.endsWith('.js')) : [];
  return { html: read('index.html'), script: name ? read(`assets/${name}`) : '' };
}

test('photos in HTML', async () => {
  const { html } = await built(
    '<!doctype html><html><head></head><body>' +
      '<img data-photo="harbour.jpg" alt=\'A "cup" &amp; more\' class=hero src="draft.jpg">' +
      '<img alt="A hill" data-photo="trip/hill.jpg">' +
      '<img alt="" src="data:,"></body></html>',
  );
  expect(html).toContain(
    '<half-size model="/media/halfsize/models/nano/model.halfsize"><img class="hero" ' +
      'src="/media/photos/harbour-1.avif" width="1200" height="800" ' +
      'alt="A &quot;cup&quot; &amp; more" loading="lazy"></half-size>',
  );
  expect(html).toContain('<img src="/media/photos/trip/hill-1.avif" width="900"');
  expect(html).toContain('<script defer src="/media/halfsize/half-size.js"></script>');
  expect(html).toContain('<img alt="" src="data:,">');
});

test('photos in scripts bring their own HTML alone, and the script if they need it', async () => {
  const page = '<!doctype html><script type="module" src="/main.js"></script>';
  const use = (name: string) =>
    `import photo, { width } from 'virtual:photo/${name}';
     document.body.innerHTML = photo('A', { class: 'b' }) + width;`;
  const restored = await built(page, use('harbour.jpg'));
  expect(restored.script).toContain('harbour-1.avif');
  expect(restored.script).toContain('1200');
  expect(restored.script).toContain('/media/halfsize/half-size.js');
  expect(restored.script).not.toContain('hill');
  expect(restored.html).not.toContain('half-size.js'); // the photo's own script loads it
  const plain = await built(page, use('trip/hill.jpg'));
  expect(plain.script).toContain('hill-1.avif');
  expect(plain.script).not.toContain('half-size.js');
});

test.each([
  ['<img data-photo="boat.jpg" alt="">', 'has no photo boat.jpg'],
  ['<img data-photo="harbour.jpg">', 'needs alt: a text that describes it'],
])('%s is refused', async (page, message) => {
  await expect(built(page)).rejects.toThrow(message);
});

test('without a manifest it prepares Vite alone', () => {
  const plugin = halfsize();
  plugin.configResolved({ root });
  const { exclude } = plugin.config().optimizeDeps;
  expect(exclude).toEqual(['halfsize', 'halfsize-tfjs']);
  expect(plugin.transformIndexHtml.handler('<img data-photo="a" alt="">')).toContain('data-photo');
  const load = () => plugin.load.call({ addWatchFile: () => undefined }, '\0virtual:photo/a.jpg');
  expect(load).toThrow('names no manifest for virtual:photo/a.jpg');
});
