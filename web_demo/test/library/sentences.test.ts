/** Each message is asserted here; tests in a browser look for codes and key words. */
import { expect, test } from 'vitest';
import { unreadable } from '../../src/library/pictures/image-files';
import { sentences } from '../../src/library/sentences';

const PNG = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

test.each([
  ['empty.png', [], '“empty.png” is empty.'],
  [
    'notes.jpg',
    ['not a picture'],
    '“notes.jpg” is not a picture that this browser can read. JPEG, PNG, WebP, AVIF and GIF work.',
  ],
  [
    'cut.png',
    [PNG],
    '“cut.png” is a PNG file that is cut off or damaged. Download or copy it again.',
  ],
  [
    'The picture',
    [PNG],
    'The picture is a PNG file that is cut off or damaged. Download or copy it again.',
  ],
])('why %s cannot be read', async (name, parts, message) => {
  expect(await unreadable(new Blob(parts), name)).toBe(message);
});

test('messages name what is wrong and what to do', () => {
  expect(sentences['not drawn'](18000, 2)).toBe(
    'The result is too large for this browser: a picture of 18000 × 2 pixels cannot be drawn. ' +
      'Choose a smaller one, or take the result as ImageData.',
  );
  expect(sentences['no backend']('webgpu', 'it is switched off')).toBe(
    'WebGPU cannot be used in this browser: it is switched off. Choose “Automatic” instead.',
  );
  expect(sentences['no such backend']('abacus')).toMatch(
    /^“abacus” is not a backend\. Choose one of/,
  );
  expect(sentences.altered('nano', 'model.halfsize')).toBe(
    'The model “nano” was altered: model.halfsize is not the file that its card describes. ' +
      'Export it again.',
  );
});
