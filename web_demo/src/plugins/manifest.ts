/** Reads what `halfsize publish` wrote about a site's photos. Nothing here starts a program. */
import { readFileSync, statSync } from 'node:fs';
import { type Attributes, fill } from './snippet';

/** The formats of manifests that are known here. */
const FORMATS = [2, 3];

/** A file of a photo. A manifest holds more about it. */
export type PublishedFile = {
  /** Path within the folder of the manifest. */
  file: string;
  file_width: number;
  file_height: number;
  bytes: number;
};

/** A photo of the manifest. */
export type PublishedPhoto = {
  /** Size of the photo as it is shown. */
  width: number;
  height: number;
  /** Its snippet, with `{alt}` in it. */
  html: string;
  /** Each width in which it is sent, the largest last; older manifests have one width and not this list. */
  widths?: (PublishedFile & { width: number; height: number })[];
};

type Content = {
  format: number;
  script: string | null;
  base_url?: string;
  photos: Record<string, PublishedPhoto>;
  errors: Record<string, string>;
};

/** The photos of a manifest. It is read again when it has changed. */
export class PublishedPhotos {
  /** The manifest's path. */
  readonly file: string;
  #read: { stamp: string; content: Content } | undefined;

  /** @param file path of `manifest.json`. */
  constructor(file: string) {
    this.file = file;
  }

  /** The address of the script for pages with a `<half-size>`; null if no photo needs it. */
  get script(): string | null {
    return this.#content.script;
  }

  /** The prefix of all addresses, such as `/media/`; undefined if the manifest does not tell it. */
  get baseUrl(): string | undefined {
    const { base_url, script } = this.#content;
    return base_url ?? script?.replace(/halfsize\/half-size\.js$/, '');
  }

  /** The names of all photos. */
  get names(): string[] {
    return Object.keys(this.#content.photos);
  }

  /** @throws Error if there is no such photo, or if its addresses depend on the page. */
  photo(name: string): PublishedPhoto {
    const { photos, errors } = this.#content;
    const photo = Object.hasOwn(photos, name) ? photos[name] : undefined;
    if (!photo) throw new Error(`${this.file} has no photo ${name}${this.#why(name, errors)}`);
    if (/(src|srcset|model)="(?![\w+.-]+:|\/)/.test(photo.html)) {
      const where = 'where the folder is on the site, such as --base-url /media/';
      throw new Error(`${this.file} has addresses that depend on the page: publish with ${where}`);
    }
    return photo;
  }

  /**
   * The HTML of a photo.
   *
   * @param alt describes the photo for those who do not see it; empty if the photo only decorates.
   * @throws Error if there is no such photo, or no text.
   */
  html(name: string, alt: string, attributes: Attributes = {}): string {
    if (typeof alt !== 'string') {
      throw new Error(`${name} needs a text that describes it, or "" if it only decorates`);
    }
    return fill(this.photo(name).html, alt, attributes);
  }

  #why(name: string, errors: Content['errors']): string {
    const reason = errors[name];
    if (reason) return `: ${reason}`;
    const last = (path: string) => path.split('/').at(-1)?.toLowerCase();
    const alike = this.names.filter((other) => last(other) === last(name));
    return alike.length > 0 ? `; is it ${alike.slice(0, 3).join(' or ')}?` : '';
  }

  get #content(): Content {
    const { mtimeMs, size } = statSync(this.file, { throwIfNoEntry: false }) ?? {};
    if (mtimeMs === undefined) {
      throw new Error(`${this.file} is missing: publish the photos first (halfsize publish)`);
    }
    const stamp = `${mtimeMs} ${size}`;
    if (this.#read?.stamp !== stamp) this.#read = { stamp, content: parsed(this.file) };
    return this.#read.content;
  }
}

function parsed(file: string): Content {
  let content: Content;
  try {
    content = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new Error(`${file} is no manifest: ${cause}`, { cause });
  }
  if (!FORMATS.includes(content.format)) {
    const known = FORMATS.join(' and ');
    throw new Error(`${file} has format ${content.format}, known are ${known}: update halfsize`);
  }
  return content;
}

/** A page with the script that its photos need, if it has such photos and not yet the script. */
export function withScript(page: string, script: string | null): string {
  if (!script || !/<half-size[\s>]/.test(page) || page.includes(`src="${script}"`)) return page;
  const tag = `<script defer src="${script}"></script>`;
  const [end] = /<\/head\s*>/i.exec(page) ?? [];
  return end ? page.replace(end, () => tag + end) : page + tag;
}
