import { expect, test } from 'vitest';
import { fill } from '../../src/plugins/snippet';

const SNIPPET =
  '<half-size model="m/a 2x, m/b 1.5x"><picture><source type="image/avif" sizes="100vw" ' +
  'srcset="/media/photos/a-1.avif 480w, /media/photos/a-2.avif 1200w"><img ' +
  'src="/media/photos/a-3.jpg" sizes="100vw" width="1200" height="800" alt="{alt}" ' +
  'loading="lazy" decoding="async"></picture></half-size>';

/** What was changed in the snippet. */
function filled(alt: string, attributes?: Parameters<typeof fill>[2]): string {
  return fill(SNIPPET, alt, attributes);
}

test.each([
  ['The harbour', 'alt="The harbour"'],
  ['', 'alt=""'],
  ['<"A" & \'B\'>', 'alt="&lt;&quot;A&quot; &amp; \'B\'&gt;"'],
  ["$& $1 {alt} $'", 'alt="$&amp; $1 {alt} $\'"'],
])('the text %j', (alt, expected) => {
  expect(filled(alt)).toBe(SNIPPET.replace('alt="{alt}"', () => expected));
});

test('attributes are put on the img, in place of its own', () => {
  const html = filled('A', { class: 'a "b"', loading: 'eager', hidden: true, id: undefined });
  expect(html).toContain('<img class="a &quot;b&quot;" loading="eager" hidden="" src=');
  expect(html.match(/loading=/g)).toHaveLength(1);
  expect(html).not.toContain('id=');
  expect(filled('A', { loading: false })).toBe(filled('A'));
});

test('sizes are set wherever the snippet has them', () => {
  const html = filled('A', { sizes: '(min-width: 60em) 40em, 100vw' });
  expect(html.match(/sizes="\(min-width: 60em\) 40em, 100vw"/g)).toHaveLength(2);
  expect(html).not.toContain('"100vw"');
  const single = '<img src="/a.jpg" width="2" height="1" alt="{alt}">';
  expect(fill(single, 'A', { sizes: '50vw' })).toBe(single.replace('{alt}', 'A'));
});

test('what describes the photo stays as it is', () => {
  const own = { src: 'x.jpg', srcset: 'x 1w', width: 5, HEIGHT: 5, alt: 'B' };
  expect(filled('A', own)).toBe(filled('A'));
});

test('names of attributes may have signs', () => {
  const html = filled('A', { '@click': 'open', ':class.a': 'b', 'data-x': '$&' });
  expect(html).toContain('<img @click="open" :class.a="b" data-x="$&amp;" src=');
});
