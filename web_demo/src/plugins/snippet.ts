/** Turns the snippet of a published photo into the HTML of a page. */

/**
 * Attributes for the img of a snippet. `sizes` is set wherever the snippet has it. Those that describe the
 * photo itself stay as they are: `src`, `srcset`, `width`, `height`.
 */
export type Attributes = Record<string, string | number | boolean | undefined>;

/**
 * The HTML of a photo.
 *
 * @param snippet as the manifest has it, with `{alt}` in place of the text.
 * @param alt describes the photo for those who do not see it; empty if the photo only decorates.
 */
export function fill(snippet: string, alt: string, attributes: Attributes = {}): string {
  const written = Object.entries(attributes).flatMap(([name, value]) =>
    value === undefined || value === false
      ? []
      : [[name, value === true ? '' : escaped(String(value))] as [string, string]],
  );
  return fillWritten(snippet, escaped(alt), written);
}

const OF_PHOTO = ['src', 'srcset', 'width', 'height', 'alt'];

/** The same with values as they are written in HTML, between double quotes. */
export function fillWritten(
  snippet: string,
  alt: string,
  attributes: Iterable<[name: string, value: string]>,
): string {
  let html = snippet;
  let added = '';
  for (const [name, value] of attributes) {
    if (OF_PHOTO.includes(name.toLowerCase())) continue;
    const attribute = ` ${name}="${value}"`;
    const own = new RegExp(` ${name.replace(/[^\w-]/g, '\\$&')}(="[^"]*")?(?=[ >])`, 'g');
    if (name === 'sizes') {
      html = html.replace(own, () => attribute);
    } else {
      html = html.replace(/<img [^>]*>/, (img) => img.replace(own, ''));
      added += attribute;
    }
  }
  return html.replace('<img', () => `<img${added}`).replace('{alt}', () => alt);
}

function escaped(text: string): string {
  const entities: Record<string, string> = {
    '&': '&amp;',
    '"': '&quot;',
    '<': '&lt;',
    '>': '&gt;',
  };
  return text.replace(/[&"<>]/g, (character) => entities[character] as string);
}
