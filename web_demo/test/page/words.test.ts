import { expect, test } from 'vitest';
import { sentenceOf, UnsupportedImage } from '../../src/core/errors';
import { imageFormat } from '../../src/library/pictures/image-format';
import { sentences } from '../../src/library/sentences';
import { bytesInWords, fileInWords, savedName, timeInWords } from '../../src/page/words';

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.0 KB'],
  [11_140, '11.1 KB'],
  [123_456, '123 KB'],
  [2_600_000, '2.6 MB'],
])('%i bytes are "%s"', (bytes, text) => {
  expect(bytesInWords(bytes)).toBe(text);
});

test.each([
  [0.2, '1 ms'],
  [842.4, '842 ms'],
  [12_345, '12,345 ms'],
])('%d ms are "%s"', (milliseconds, text) => {
  expect(timeInWords(milliseconds)).toBe(text);
});

test.each([
  ['photo.jpg', 'photo-2x.png'],
  ['a.b.webp', 'a.b-2x.png'],
  ['photo', 'photo-2x.png'],
  ['.png', 'picture-2x.png'],
])('%s is saved as %s', (name, saved) => {
  expect(savedName(name, 2)).toBe(saved);
});

test.each([
  [1.5, 'cat-1.5x.gif'],
  [4 / 3, 'cat-1.33x.gif'],
])('a ratio of %d in the name of what is saved', (scale, saved) => {
  expect(savedName('cat.gif', scale, 'gif')).toBe(saved);
});

test('a file in words', () => {
  const sent = { bytes: 12_300, type: 'image/webp', quality: 62 };
  expect(fileInWords(sent)).toBe('WebP quality 62, 12.3 KB');
  expect(fileInWords({ bytes: 900, type: 'image/png', quality: undefined })).toBe('PNG, 900 B');
  expect(fileInWords({ bytes: 900, type: '', quality: undefined })).toBe('900 B');
});

test('a typed error speaks for itself, another one after a lead', () => {
  expect(sentenceOf(new UnsupportedImage('No.'), 'It failed')).toBe('No.');
  expect(sentenceOf(new Error('device lost. '), 'It failed')).toBe('It failed: device lost.');
  expect(sentenceOf('odd', 'It failed')).toBe('It failed: odd.');
});

test.each([
  ['JPEG', 'ffd8ffe000104a46'],
  ['PNG', '89504e470d0a1a0a'],
  ['GIF', '474946383961'],
  ['WebP', '524946460000000057454250'],
  ['AVIF', '000000206674797061766966'],
  [undefined, '68656c6c6f'],
  [undefined, ''],
])('%s is told by its first bytes', (format, hex) => {
  expect(imageFormat(Buffer.from(hex, 'hex'))).toBe(format);
});

test('a card that is no card says what is wrong with it', () => {
  expect(sentences['not JSON'](new SyntaxError('Unexpected token'), 'x')).toMatch(/not JSON/);
  expect(sentences['not JSON'](new SyntaxError('Unexpected end'), '')).toMatch(/missing/);
  expect(sentences['not a card']({ format: 3 })).toMatch(/halfsize\.json .* update halfsize\.$/);
});
