import { expect, test } from 'vitest';
import { describedWidth } from '../../src/element/described';

/** The candidates of a srcset as [address, width]: every address that may stand in it is asked for. */
function widths(srcset: string): [string, number | undefined][] {
  const addresses: string[] = [];
  describedWidth(srcset, (address) => {
    addresses.push(address);
    return false;
  });
  return addresses.map((address) => [address, describedWidth(srcset, (it) => it === address)]);
}

const PIXEL = 'data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=';

test.each<[string, string, [string, number][]]>([
  ['nothing', '', []],
  ['spaces and commas', ' ,\n, ', []],
  ['one address', 'a.avif', [['a.avif', 0]]],
  [
    'widths',
    'a.avif 480w, b.avif 1200w',
    [
      ['a.avif', 480],
      ['b.avif', 1200],
    ],
  ],
  [
    'no spaces after commas',
    'a.avif 480w,b.avif 1200w',
    [
      ['a.avif', 480],
      ['b.avif', 1200],
    ],
  ],
  [
    'lines',
    '\n\ta.avif\n480w\t,\r\nb.avif\f1200w\n',
    [
      ['a.avif', 480],
      ['b.avif', 1200],
    ],
  ],
  [
    'densities',
    'a.avif, b.avif 1.5x, c.avif 2x',
    [
      ['a.avif', 0],
      ['b.avif', 0],
      ['c.avif', 0],
    ],
  ],
  ['commas in an address', 'w_480,h_320/a,b.avif 480w', [['w_480,h_320/a,b.avif', 480]]],
  // Without a space after it a comma belongs to the address.
  ['one address, not two', 'a.avif,b.avif 480w', [['a.avif,b.avif', 480]]],
  [
    'a comma ends an address',
    'a.avif, b.avif 480w',
    [
      ['a.avif', 0],
      ['b.avif', 480],
    ],
  ],
  [
    'so do several',
    'a.avif,,, b.avif 480w',
    [
      ['a.avif', 0],
      ['b.avif', 480],
    ],
  ],
  [
    'a comma of its own',
    'a.avif , b.avif 480w',
    [
      ['a.avif', 0],
      ['b.avif', 480],
    ],
  ],
  [
    'data',
    `${PIXEL} 480w, b.avif 800w`,
    [
      [PIXEL, 480],
      ['b.avif', 800],
    ],
  ],
  [
    'data without a descriptor',
    `${PIXEL}, b.avif 2x`,
    [
      [PIXEL, 0],
      ['b.avif', 0],
    ],
  ],
  [
    'a height as well',
    'a.avif 480w 320h, b.avif 800w',
    [
      ['a.avif', 480],
      ['b.avif', 800],
    ],
  ],
  [
    'brackets',
    'a.avif 480w (b.avif 1w, c.avif 2w), d.avif 800w',
    [
      ['a.avif', 480],
      ['d.avif', 800],
    ],
  ],
  ['brackets without an end', 'a.avif (480w, b.avif 800w', [['a.avif', 0]]],
  [
    'no width',
    'a.avif 480, b.avif w, c.avif 4.8w',
    [
      ['a.avif', 0],
      ['b.avif', 0],
      ['c.avif', 0],
    ],
  ],
  [
    'no width either',
    'a.avif -480w, b.avif 480wx',
    [
      ['a.avif', 0],
      ['b.avif', 0],
    ],
  ],
  // Spaces of other scripts are letters of an address.
  [
    'an odd space',
    '写真\u3000一.avif 480w, b\u00a0c.avif 800w',
    [
      ['写真\u3000一.avif', 480],
      ['b\u00a0c.avif', 800],
    ],
  ],
  [
    'one address twice',
    'a.avif 2x, a.avif 480w',
    [
      ['a.avif', 480],
      ['a.avif', 480],
    ],
  ],
])('%s', (_, srcset, expected) => {
  expect(widths(srcset)).toEqual(expected);
});

test('an address that is not there', () => {
  expect(describedWidth('a.avif 480w', () => false)).toBeUndefined();
});

test.each(['a'.repeat(1e6), 'a,'.repeat(5e5), ','.repeat(1e6), `a ${'('.repeat(1e6)}`])(
  'a long srcset takes no long time',
  (srcset) => {
    const started = performance.now();
    describedWidth(srcset, () => false);
    expect(performance.now() - started).toBeLessThan(2000);
  },
);
