/** The plug-in for Vite: published photos in HTML and as modules. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { PublishedPhotos, withScript } from './manifest';
import { fillWritten } from './snippet';

export type ViteOptions = {
  /** Path of the manifest, from Vite's root: within `public/`, so that Vite copies the photos. */
  manifest?: string;
};

/** What the plug-in uses of Vite. */
type Server = {
  watcher: {
    add(file: string): unknown;
    on(event: 'change', heard: (file: string) => void): unknown;
  };
  moduleGraph: { invalidateAll(): void };
  ws: { send(message: { type: 'full-reload' }): void };
};

const PHOTO = 'virtual:photo/';
const SCRIPT = 'virtual:photo-script';
const PLACE = /<img\s[^>]*?\bdata-photo=[^>]*>/g;
const ATTRIBUTE = /([^\s=>"'/]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+)))?/g;

/**
 * In HTML, `<img data-photo="harbour.jpg" alt="The harbour at dawn">` becomes the published photo. In
 * scripts, `import photo from 'virtual:photo/harbour.jpg'` gives a function that writes its HTML:
 * `photo('The harbour at dawn')`. Pages get the script that their photos need.
 *
 *     import halfsize from 'halfsize/vite';
 *     export default { plugins: [halfsize({ manifest: 'public/media/manifest.json' })] };
 *
 * Without a manifest it only prepares Vite for `import 'halfsize/element'`.
 */
export default function halfsize({ manifest }: ViteOptions = {}) {
  let photos: PublishedPhotos | undefined;
  return {
    name: 'halfsize',
    // Prebundled, the library would not find its engines beside it.
    config: () => ({ optimizeDeps: { exclude: ['halfsize', 'halfsize-tfjs'] } }),
    configResolved({ root }: { root: string }) {
      if (manifest) photos = new PublishedPhotos(path.resolve(root, manifest));
    },
    configureServer({ watcher, moduleGraph, ws }: Server) {
      if (!photos) return;
      const { file } = photos;
      watcher.add(file);
      watcher.on('change', (changed) => {
        if (path.resolve(changed) !== file) return;
        moduleGraph.invalidateAll();
        ws.send({ type: 'full-reload' });
      });
    },
    resolveId(id: string) {
      return id.startsWith(PHOTO) || id === SCRIPT ? `\0${id}` : undefined;
    },
    load(this: { addWatchFile(file: string): void }, id: string) {
      if (id !== `\0${SCRIPT}` && !id.startsWith(`\0${PHOTO}`)) return undefined;
      if (!photos) throw new Error(`halfsize({ manifest }) names no manifest for ${id.slice(1)}`);
      this.addWatchFile(photos.file);
      return id === `\0${SCRIPT}`
        ? scriptModule(photos.script)
        : photoModule(photos, id.slice(PHOTO.length + 1));
    },
    transformIndexHtml: {
      order: 'post' as const, // addresses of published photos are none of Vite's assets
      handler(page: string) {
        const known = photos;
        if (!known) return page;
        const filled = page.replace(PLACE, (img) => photoInHtml(known, img));
        return withScript(filled, known.script);
      },
    },
  };
}

/** An img of a page as a published photo. */
function photoInHtml(photos: PublishedPhotos, img: string): string {
  const written = new Map<string, string>();
  for (const [, name = '', ...values] of img.slice('<img'.length).matchAll(ATTRIBUTE)) {
    const value = values.find((value) => value !== undefined) ?? '';
    written.set(name, value.replaceAll('"', '&quot;'));
  }
  const { 'data-photo': name = '', alt, ...attributes } = Object.fromEntries(written);
  if (alt === undefined) {
    throw new Error(`${img} needs alt: a text that describes it, or "" if it only decorates`);
  }
  const { html } = photos.photo(name.replaceAll('&amp;', '&'));
  return fillWritten(html, alt, Object.entries(attributes));
}

function photoModule(photos: PublishedPhotos, name: string): string {
  const { html, width, height } = photos.photo(name);
  const here = fileURLToPath(import.meta.url);
  const snippet = path.join(path.dirname(here), `snippet${path.extname(here)}`);
  return `import { fill } from ${JSON.stringify(snippet.replaceAll('\\', '/'))};
${html.includes('<half-size') ? `import ${JSON.stringify(SCRIPT)};` : ''}
const snippet = ${JSON.stringify(html)};
export default (alt, attributes) => fill(snippet, alt, attributes);
export const width = ${width};
export const height = ${height};
`;
}

function scriptModule(script: string | null): string {
  return `if (typeof document === 'object' && !customElements.get('half-size')) {
  document.head.append(
    Object.assign(document.createElement('script'), { src: ${JSON.stringify(script)} }));
}
`;
}
