/** The plug-in for Eleventy: a shortcode for published photos. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { PublishedPhotos, withScript } from './manifest';
import type { Attributes } from './snippet';

export type EleventyOptions = {
  /** Path of the manifest, from the project's folder. By default `media/manifest.json`. */
  manifest?: string;
  /** Name of the shortcode. By default `photo`. */
  shortcode?: string;
  /** Whether pages that need the script get it. By default they do. */
  script?: boolean;
  /** Whether the photos are copied into the site, to where their addresses point. By default they are. */
  copy?: boolean;
};

/** What the plug-in uses of Eleventy's configuration. */
export type EleventyConfig = {
  ignores: { add(glob: string): unknown };
  addWatchTarget(path: string): unknown;
  addPassthroughCopy(paths: Record<string, string>): unknown;
  addShortcode(
    name: string,
    shortcode: (photo: string, alt: string, given?: string | Attributes) => string,
  ): unknown;
  addTransform(name: string, transform: (this: Page, content: string) => string): unknown;
};

type Page = { page?: { outputPath?: string | false } };

/** What a site needs of the published folder. */
const COPIED = ['photos', 'frugal', 'halfsize'];

/**
 * `{% photo "harbour.jpg", "The harbour at dawn" %}`; behind the text may stand `sizes`, or an object of
 * attributes for the img.
 *
 *     import halfsize from 'halfsize/eleventy';
 *     export default (config) => config.addPlugin(halfsize, { manifest: 'media/manifest.json' });
 */
export default function halfsize(config: EleventyConfig, options: EleventyOptions = {}): void {
  const { manifest = 'media/manifest.json', shortcode = 'photo' } = options;
  const photos = new PublishedPhotos(manifest);
  const folder = path.posix.dirname(manifest.replaceAll('\\', '/'));
  config.ignores.add(`${folder}/**`); // its HTML files are no pages
  config.addWatchTarget(manifest);
  if (options.copy !== false) {
    const { pathname } = new URL(photos.baseUrl ?? `/${folder}/`, 'http://site/');
    for (const part of COPIED.filter((name) => existsSync(path.join(folder, name)))) {
      config.addPassthroughCopy({ [`${folder}/${part}`]: decodeURI(pathname.slice(1)) + part });
    }
  }
  config.addShortcode(shortcode, (name, alt, given) => {
    const attributes: Attributes = typeof given === 'string' ? { sizes: given } : { ...given };
    delete attributes.__keywords; // Nunjucks marks named arguments with it
    return photos.html(name, alt, attributes);
  });
  if (options.script === false) return;
  config.addTransform('halfsize', function (content) {
    const isPage = String(this.page?.outputPath).endsWith('.html');
    return isPage ? withScript(content, photos.script) : content;
  });
}
