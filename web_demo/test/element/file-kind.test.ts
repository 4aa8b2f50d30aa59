import { afterEach, expect, test, vi } from 'vitest';
import { fileSkips, kindOf } from '../../src/element/file-kind';

const bytes = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));

const webp = (flags: number) =>
  bytes(`RIFF\x40\0\0\0WEBPVP8X\x0a\0\0\0${String.fromCharCode(flags)}\0\0\0`);
const png = (chunk: string) => bytes(`\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR.................${chunk}`);

const FILES = {
  'a GIF': ['image/gif', bytes('GIF89a'), 'animated'],
  'an animated WebP': ['image/webp', webp(0x02), 'animated'],
  'an animated WebP sent as JPEG': ['image/jpeg', webp(0x12), 'animated'],
  'an APNG': ['image/png', png('acTL'), 'animated'],
  'an AVIF sequence': ['image/avif', bytes('\0\0\0\x20ftypavis'), 'animated'],
  'an SVG': ['image/svg+xml; charset=utf-8', bytes('<svg'), 'vector'],
  'a still WebP': ['image/webp', webp(0x10), undefined],
  'a still PNG': ['image/png', png('IDAT'), undefined],
  'a still AVIF': ['image/avif', bytes('\0\0\0\x20ftypavif'), undefined],
  'a JPEG': ['image/jpeg', bytes('\xff\xd8\xff\xe0'), undefined],
  'no bytes at all': ['', new Uint8Array(), undefined],
} as const;

test.each(Object.entries(FILES))('%s', (_, [type, head, reason]) => {
  expect(kindOf(type, head, false)).toBe(reason);
});

test('a photo that is shown as it is stored is left alone if EXIF may turn it', () => {
  const exif = bytes('\xff\xd8\xff\xe1\0\x30Exif\0\0');
  expect(kindOf('image/jpeg', exif, true)).toBe('turned');
  expect(kindOf('image/jpeg', exif, false)).toBeUndefined();
  expect(kindOf('image/jpeg', bytes('\xff\xd8\xff\xe0'), true)).toBeUndefined();
});

/** What was fetched, and how many chunks of each were read. */
let fetched: [string, RequestInit][] = [];
let read = 0;

function serve(type: string, head: Uint8Array<ArrayBuffer>, chunk = 10_000): void {
  [fetched, read] = [[], 0];
  vi.stubGlobal('origin', 'https://site.example');
  vi.stubGlobal('getComputedStyle', () => ({ imageOrientation: 'from-image' }));
  vi.stubGlobal('fetch', async (address: string, options: RequestInit) => {
    fetched.push([address, options]);
    const body = new ReadableStream<Uint8Array>(
      {
        pull: (controller) => {
          controller.enqueue(read === 0 ? head : new Uint8Array(chunk));
          read++;
        },
      },
      { highWaterMark: 0 },
    );
    return new Response(body, { headers: { 'content-type': type } });
  });
}

afterEach(() => vi.unstubAllGlobals());

const skips = (currentSrc: string, crossOrigin: string | null = null) =>
  fileSkips({ currentSrc, crossOrigin } as HTMLImageElement, new AbortController().signal);

test('the file decides, not its address, and no more than its start is read', async () => {
  serve('image/jpeg', webp(0x02));
  expect(await skips('https://site.example/photo.jpg')).toBe('animated');
  serve('image/webp', webp(0x10));
  expect(await skips('https://site.example/moving.gif?format=webp')).toBeUndefined();
  expect(fetched[0]?.[1]).toMatchObject({ cache: 'force-cache', credentials: 'same-origin' });
  expect(read).toBeLessThan(5);
});

test.each([
  ['a JPEG', bytes('\xff\xd8\xff\xe0.................'), 1],
  ['a still WebP', webp(0x10), 1],
  ['a PNG whose pixels begin', png('IDAT'), 1],
  ['a PNG whose pixels are not there yet', png('tEXt'), 18],
  ['as few bytes as say nothing', bytes('\xff\xd8'), 2],
])('of %s no more is read than shows what it is', async (_, head, chunks) => {
  serve('', head, 1000);
  expect(await skips('https://site.example/photo')).toBeUndefined();
  expect(read).toBe(chunks);
});

test('a file of another site is read where the img may be read', async () => {
  serve('image/gif', bytes('GIF89a'));
  expect(await skips('https://cdn.example/a', 'use-credentials')).toBe('animated');
  expect(fetched[0]?.[1]).toMatchObject({ credentials: 'include' });
  serve('image/gif', bytes('GIF89a'));
  expect(await skips('https://cdn.example/a')).toBeUndefined();
  expect(await skips('https://cdn.example/a.gif')).toBe('animated');
  expect(await skips('https://cdn.example/a.svg#icon')).toBe('vector');
  expect(fetched).toEqual([]);
});

test('what a blob: address holds is read, and a data: address needs no request', async () => {
  serve('image/gif', bytes('GIF89a'));
  expect(await skips('blob:https://site.example/1234')).toBe('animated');
  expect(fetched).toHaveLength(1);
  const moving = Buffer.from(webp(0x02)).toString('base64');
  expect(await skips(`data:image/webp;base64,${moving}`)).toBe('animated');
  expect(await skips('data:image/svg+xml,<svg xmlns="http://www.w3.org/2000/svg"/>')).toBe(
    'vector',
  );
  expect(await skips('data:image/gif,GIF89a%00')).toBe('animated');
  expect(await skips('data:image/webp;base64,%%%')).toBeUndefined();
  expect(fetched).toHaveLength(1);
});

test('where nothing can be fetched, the address decides', async () => {
  vi.stubGlobal('origin', 'https://site.example');
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('offline')));
  expect(await skips('https://site.example/a.gif')).toBe('animated');
  expect(await skips('https://site.example/a.webp')).toBeUndefined();
});
