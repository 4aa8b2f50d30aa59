import { afterEach, expect, test, vi } from 'vitest';

/** What a browser does to the bytes that a page reads, and to those that it writes into a file. */
type Changes = { read?: (byte: number) => number; written?: (byte: number) => number };

/** A browser whose files are the bytes of a canvas. */
function browse({ read = (byte) => byte, written = (byte) => byte }: Changes): void {
  class Image {
    readonly data: Uint8ClampedArray;
    constructor(width: number, height: number) {
      this.data = new Uint8ClampedArray(width * height * 4);
    }
  }
  class Canvas {
    data = new Uint8ClampedArray();
    getContext = () => ({
      putImageData: ({ data }: Image) => {
        this.data = data.slice();
      },
      drawImage: ({ data }: Image) => {
        this.data = data.slice();
      },
      getImageData: () => ({ data: this.data.map(read) }),
    });
    convertToBlob = async () => ({ data: this.data.map(written) });
  }
  vi.stubGlobal('ImageData', Image);
  vi.stubGlobal('OffscreenCanvas', Canvas);
  vi.stubGlobal('createImageBitmap', async (blob: unknown) => blob);
}

async function checked(): Promise<boolean> {
  vi.resetModules(); // it is asked once
  return (await import('../../src/core/readback')).readsBack();
}

afterEach(() => vi.unstubAllGlobals());

const noise = () => Math.random() * 256;

test.each([
  ['nothing', {}, true],
  ['the lowest bit of what is read', { read: (byte: number) => byte ^ 1 }, true],
  [
    'the lowest bits of files too',
    { read: (b: number) => b ^ 1, written: (b: number) => b ^ 1 },
    true,
  ],
  ['what is read to noise', { read: noise }, false],
  ['what is read to white', { read: () => 255 }, false],
  ['what is written to noise', { written: noise }, false],
])('a browser that changes %s', async (_, changes: Changes, isTrue) => {
  browse(changes);
  expect(await checked()).toBe(isTrue);
});

test('a browser without OffscreenCanvas is believed', async () => {
  expect(await checked()).toBe(true);
});

test('requireReadback throws an error without a message, which the library adds', async () => {
  browse({ read: noise });
  vi.resetModules();
  const { requireReadback } = await import('../../src/core/readback');
  await expect(requireReadback()).rejects.toMatchObject({ code: 'NoReadback', message: '' });
});
