import { expect, test } from 'vitest';
import { type Enlarger, Exhausted, type Work } from '../../src/core/engine';
import { Transparent } from '../../src/core/errors';
import { scaleOf } from '../../src/core/scale';
import { toByte } from '../../src/tfjs/floats';
import { upscale } from '../../src/tiles/upscale';
import { randomSource, wholeBetween } from '../made/random';
import { blurring, nearest, randomPicture } from '../made/stand-ins';

function work(changes: Partial<Work>): Work {
  return {
    scale: scaleOf(2),
    marginPx: 0,
    tilePx: () => 4096,
    onTile: () => undefined,
    pause: async () => undefined,
    ...changes,
  };
}

test('tiled equals whole to the byte, for any size, tile, margin and scale', async () => {
  const random = randomSource(11);
  for (let i = 0; i < 200; i++) {
    const [width, height] = [wholeBetween(random, 1, 48), wholeBetween(random, 1, 48)];
    const picture = randomPicture(width, height, random, i % 3 > 0);
    const written = [1, 2, 3, '3/2', '4/3'][i % 5] as number | string;
    const scale = scaleOf(written);
    const marginPx = scale.down * wholeBetween(random, 0, 3);
    const tilePx = wholeBetween(random, 2 * marginPx + 3, 30);
    const model = blurring(written, marginPx);
    const whole = await upscale(picture, model, work({ scale, marginPx }));
    const tiled = await upscale(picture, model, work({ scale, marginPx, tilePx: () => tilePx }));
    const equal = Buffer.from(tiled.data.buffer).equals(Buffer.from(whole.data.buffer));
    expect(equal, `${width} x ${height}, tile ${tilePx}, margin ${marginPx}`).toBe(true);
  }
});

test('80 sizes from 1 x 1 to 500 x 500 tile to every pixel repeated', async () => {
  const random = randomSource(23);
  // Sizes over all magnitudes: most are small. Photos are enlarged in tests/browser.
  const side = () => Math.round(500 ** random());
  const sizes = [[1, 1], [500, 500], ...Array.from({ length: 78 }, () => [side(), side()])];
  for (const [width, height] of sizes as [number, number][]) {
    const picture = randomPicture(width, height, random);
    const tilePx = wholeBetween(random, 8, 300);
    const result = await upscale(picture, nearest(2), work({ tilePx: () => tilePx }));
    const from = new Uint32Array(picture.data.buffer);
    const to = new Uint32Array(result.data.buffer);
    let wrong = 0;
    for (let i = 0; i < to.length; i++) {
      const [x, y] = [i % (2 * width), Math.floor(i / (2 * width))];
      if (to[i] !== from[(y >> 1) * width + (x >> 1)]) wrong++;
    }
    expect(wrong, `${width} x ${height}, tile ${tilePx}`).toBe(0);
  }
});

test('tiles that change their size half way give the same bytes', async () => {
  const random = randomSource(31);
  for (let i = 0; i < 100; i++) {
    const [width, height] = [wholeBetween(random, 1, 60), wholeBetween(random, 1, 60)];
    const picture = randomPicture(width, height, random, i % 2 > 0);
    const alignPx = wholeBetween(random, 1, 3);
    const model = blurring(2, alignPx);
    const tilePx = () => alignPx * wholeBetween(random, 4, 9);
    const told: [number, number][] = [];
    const onTile = (done: number, total: number) => told.push([done, total]);
    const changes = { marginPx: alignPx, alignPx, tilePx, onTile };
    const [whole, tiled] = [
      await upscale(picture, model, work({ marginPx: alignPx })),
      await upscale(picture, model, work(changes)),
    ];
    const equal = Buffer.from(tiled.data.buffer).equals(Buffer.from(whole.data.buffer));
    expect(equal, `${width} x ${height}, aligned to ${alignPx}`).toBe(true);
    expect(told.at(-1)).toEqual([told.length, told.length]);
  }
});

test('a margin one pixel too small shows: the stand-in does look as far as it says', async () => {
  const picture = randomPicture(50, 50, randomSource(3));
  const model = blurring(2, 2);
  const whole = await upscale(picture, model, work({ marginPx: 2 }));
  const tiled = await upscale(picture, model, work({ marginPx: 1, tilePx: () => 16 }));
  expect(tiled.data).not.toEqual(whole.data);
});

test('every byte of an opaque picture passes through unchanged', async () => {
  const picture = randomPicture(37, 53, randomSource(5));
  const { data, width, height } = await upscale(
    picture,
    nearest(3),
    work({ scale: scaleOf(3), tilePx: () => 16 }),
  );
  expect([width, height]).toEqual([111, 159]);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = (Math.floor(y / 3) * picture.width + Math.floor(x / 3)) * 4;
      const to = (y * width + x) * 4;
      if (data[to] !== picture.data[from]) expect.fail(`at ${x}, ${y}`);
    }
  }
  expect(data.subarray(0, 4)).toEqual(picture.data.subarray(0, 4));
});

test('every tile is told, and waited for, in order', async () => {
  const calls: string[] = [];
  await upscale(
    randomPicture(20, 10, randomSource(1)),
    nearest(2),
    work({
      tilePx: () => 10,
      pause: async () => void calls.push('pause'),
      onTile: (done, total) => calls.push(`${done} of ${total}`),
    }),
  );
  expect(calls).toEqual(['pause', '1 of 2', 'pause', '2 of 2']);
});

const FAILURES = {
  'runs out of memory': new RangeError('out of memory'),
  'loses its context': new Exhausted('the context was lost'),
  'finds a transparent pixel': new Transparent(''),
};

test.each(Object.entries(FAILURES))(
  'a tile that %s ends the picture, whichever it is and however many run at once',
  async (_, failure) => {
    const picture = randomPicture(100, 100, randomSource(7));
    for (const lanes of [1, 2, 3, 8]) {
      const whole = nearest(2);
      for (let failing = 0; failing < 9; failing++) {
        let tile = 0;
        const model: Enlarger = {
          ...whole,
          lanes,
          runBytes: async (...given) => {
            if (tile++ === failing) throw failure;
            await new Promise((resolve) => setTimeout(resolve));
            return whole.runBytes(...given);
          },
        };
        const pause = () => new Promise<void>((resolve) => setTimeout(resolve, 1));
        const settings = work({ marginPx: 2, tilePx: () => 38, pause });
        const ended = await upscale(picture, model, settings).catch((error) => error);
        expect(ended, `tile ${failing}, ${lanes} at once`).toBe(failure);
      }
    }
  },
);

test.each([1, 2, 3, 8])(
  'with %i tiles at once no pixel of the result is missing',
  async (lanes) => {
    const picture = randomPicture(100, 70, randomSource(8));
    const pause = () => new Promise<void>((resolve) => setTimeout(resolve));
    const settings = work({ marginPx: 2, tilePx: () => 38, pause });
    const { data } = await upscale(picture, { ...nearest(2), lanes }, settings);
    const drawn = data.filter((value, at) => at % 4 === 3 && value === 255);
    expect(drawn).toHaveLength(4 * 100 * 70);
  },
);

test('a model that does not enlarge as its card says is refused', async () => {
  const picture = randomPicture(4, 4, randomSource(1));
  await expect(upscale(picture, nearest(3), work({ scale: scaleOf(2) }))).rejects.toThrow(
    /card promises/,
  );
});

test.each([
  [-1, 0],
  [0, 0],
  [1 / 255, 1],
  [0.5 / 255, 1],
  [0.499 / 255, 0],
  [2.5 / 255, 3],
  [1, 255],
  [7, 255],
])('%d becomes the byte %i', (value, byte) => {
  expect(toByte(value)).toBe(byte);
});
