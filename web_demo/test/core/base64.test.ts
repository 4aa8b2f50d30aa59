import { expect, test } from 'vitest';
import { base64FromBytes, bytesFromBase64 } from '../../src/core/base64';
import { randomSource } from '../made/random';

test.each([0, 1, 2, 3, 0x8000, 0x8001, 100_000])('%i bytes survive', (length) => {
  const random = randomSource(length);
  const bytes = Uint8Array.from({ length }, () => Math.floor(random() * 256));
  const text = base64FromBytes(bytes);
  expect(text).toBe(Buffer.from(bytes).toString('base64'));
  expect(Buffer.from(bytesFromBase64(text)).equals(Buffer.from(bytes))).toBe(true);
});

test('what is not base64 is refused', () => {
  expect(() => bytesFromBase64('***')).toThrow();
});
