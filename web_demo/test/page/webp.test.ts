import { expect, test } from 'vitest';
import { writeWebp } from '../../src/page/motion/webp';

const text = (value: string) => [...value].map((letter) => letter.charCodeAt(0));

/** A still file of the given chunks, whose contents are of even length. */
function still(...chunks: [name: string, content: number[]][]): Blob {
  const body = chunks.flatMap(([name, content]) => [
    ...text(name),
    ...[content.length, 0, 0, 0],
    ...content,
  ]);
  const file = [...text('RIFF'), ...[4 + body.length, 0, 0, 0], ...text('WEBP'), ...body];
  return new Blob([Uint8Array.from(file)]);
}

const bytesOf = async (blob: Blob) => [...new Uint8Array(await blob.arrayBuffer())];

test('the frames of stills, their times, and nothing else of them', async () => {
  const lossy = still(['VP8X', [0, 0]], ['ICCP', [9, 9]], ['VP8 ', [1, 2]]);
  const written = await writeWebp(300, 2, [{ still: lossy, milliseconds: 70_000.4 }]);
  expect(await bytesOf(written)).toEqual([
    ...[...text('RIFF'), 4 + 18 + 14 + 34, 0, 0, 0, ...text('WEBP')],
    // Animated; 300 x 2 are written as one less.
    ...[...text('VP8X'), 10, 0, 0, 0, 2, 0, 0, 0, 43, 1, 0, 1, 0, 0],
    ...[...text('ANIM'), 6, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    ...[...text('ANMF'), 26, 0, 0, 0, 0, 0, 0, 0, 0, 0, 43, 1, 0, 1, 0, 0],
    // 70,000 ms; the frame takes the place of the one before.
    ...[0x70, 0x11, 1, 2, ...text('VP8 '), 2, 0, 0, 0, 1, 2],
  ]);
});

test.each([
  [
    'an alpha chunk',
    [['ALPH', [1, 1]] as [string, number[]], ['VP8 ', [1, 2]] as [string, number[]]],
    0x12,
  ],
  ['lossless with alpha', [['VP8L', [0x2f, 0, 0, 0, 0x10, 0]] as [string, number[]]], 0x12],
  ['lossless without', [['VP8L', [0x2f, 0, 0, 0, 0, 0]] as [string, number[]]], 0x02],
])('%s is said in the header', async (_, chunks, flags) => {
  const written = await writeWebp(1, 1, [{ still: still(...chunks), milliseconds: 1 }]);
  expect((await bytesOf(written))[20]).toBe(flags);
});
