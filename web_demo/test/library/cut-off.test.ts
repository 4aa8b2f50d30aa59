import { expect, test } from 'vitest';
import { isCutOff } from '../../src/library/pictures/cut-off';

/** Pictures of 8 x 8 random pixels, as Pillow writes them. */
const FILES = {
  JPEG:
    '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABALDA4MChAODQ4SERATGCgaGBYWGDEjJR0oOjM9PDkzODdASFxOQERX' +
    'RTc4UG1RV19iZ2hnPk1xeXBkeFxlZ2P/2wBDARESEhgVGC8aGi9jQjhCY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2Nj' +
    'Y2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2P/wAARCAAIAAgDASIAAhEBAxEB/8QAHwAAAQUBAQEBAQEAAAAAAAAA' +
    'AAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUFBAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAk' +
    'M2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKT' +
    'lJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3+Pn6/8QA' +
    'HwEAAwEBAQEBAQEBAQAAAAAAAAECAwQFBgcICQoL/8QAtREAAgECBAQDBAcFBAQAAQJ3AAECAxEEBSExBhJBUQdh' +
    'cRMiMoEIFEKRobHBCSMzUvAVYnLRChYkNOEl8RcYGRomJygpKjU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVmZ2hp' +
    'anN0dXZ3eHl6goOEhYaHiImKkpOUlZaXmJmaoqOkpaanqKmqsrO0tba3uLm6wsPExcbHyMnK0tPU1dbX2Nna4uPk' +
    '5ebn6Onq8vP09fb3+Pn6/9oADAMBAAIRAxEAPwCNbqdoBcXIZirFDtwjNnGCcE5I/TA9DRRRXZRwtOs5c3R2/U66' +
    'OEhWjeV/61P/2Q==',
  'progressive JPEG':
    '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABALDA4MChAODQ4SERATGCgaGBYWGDEjJR0oOjM9PDkzODdASFxOQERX' +
    'RTc4UG1RV19iZ2hnPk1xeXBkeFxlZ2P/2wBDARESEhgVGC8aGi9jQjhCY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2Nj' +
    'Y2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2P/wgARCAAIAAgDASIAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAA' +
    'AAL/xAAUAQEAAAAAAAAAAAAAAAAAAAAD/9oADAMBAAIQAxAAAAGQy//EABYQAAMAAAAAAAAAAAAAAAAAAAEREv/a' +
    'AAgBAQABBQKiv//EABgRAAIDAAAAAAAAAAAAAAAAAAECAAMh/9oACAEDAQE/AUqDjZ//xAAXEQADAQAAAAAAAAAA' +
    'AAAAAAAAAhED/9oACAECAQE/AUyV7T//xAAWEAADAAAAAAAAAAAAAAAAAAAAAhL/2gAIAQEABj8Cpj//xAAXEAEB' +
    'AQEAAAAAAAAAAAAAAAABIREA/9oACAEBAAE/IR7HHJF7/9oADAMBAAIAAwAAABAH/8QAFxEBAAMAAAAAAAAAAAAA' +
    'AAAAEQAh8P/aAAgBAwEBPxBYtc//xAAYEQACAwAAAAAAAAAAAAAAAAAAARFRwf/aAAgBAgEBPxBhQ40//8QAGRAB' +
    'AQADAQAAAAAAAAAAAAAAAREAIVGh/9oACAEBAAE/EAooj0skWLU8hxz/2Q==',
  PNG:
    'iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAA00lEQVR4nAHIADf/AP/kInnzvQaDZqhSwbuWUfPN' +
    'GOwI9qTnJAHSb6wAPwQIRPmY25YuYpWvGZwpltWngScCUv5Cc4WhCuEhyP0CrBftGeKKWca9DVMgAWIC87MwKvnV' +
    'GCSQqPylCZJotr8y/kPt7wBImUrROkxpVArV4nOodtbJRRm5HyQtnk0BLgza8QCW+WibaqLv/3hWoc9l/gXwSdDC' +
    'AFUlZOeEpBU07P2TgJL3JkPzFhMFMeYXwATwcnwotv65E4r/+Qk1gg/q1ICsGDGo9CRnoGIdpb0RKQAAAABJRU5E' +
    'rkJggg==',
  'lossless WebP':
    'UklGRjIBAABXRUJQVlA4TCYBAAAvB8ABAP/hNgAAsolt21dlz5GeuKd2x47mI44DACCibLt/zwZoh1blFPWtBWyd' +
    'TTcCABBRtjHZHJuaekVjH+ivjbV3ts35D2K9VeHB7760vSydKcd2N/PabfjQli+vZGfYnezRj9bmQBsXgLCDWGgH' +
    'Xf6UHrB6PV0rz/KegZ0fEcN88Ir78qTwEmprEkCVP350b+tVBz4DxnydBKoAvxiar2T6KaA3Yn/culxulvnK/JZz' +
    'L7pP/EcnL2gHU/6lc3bx/f+9qbmdiYHBwh8SSNGdqj7IbgGQYbWVOgC1+/rFHbZUytKmAIBvgEEAAESj2bZt24jo' +
    'f2TGaFU5wK4orDqvNoUPorhi0UlxunuYjjfUSdg00/5fJNTLfN2b33NyAh0BOZQmyAM=',
  AVIF:
    'AAAAIGZ0eXBhdmlmAAAAAGF2aWZtaWYxbWlhZk1BMUIAAADrbWV0YQAAAAAAAAAhaGRscgAAAAAAAAAAcGljdAAA' +
    'AAAAAAAAAAAAAAAAAAAOcGl0bQAAAAAAAQAAAB5pbG9jAAAAAEQAAAEAAQAAAAEAAAETAAAAOQAAAChpaW5mAAAA' +
    'AAABAAAAGmluZmUCAAAAAAEAAGF2MDFDb2xvcgAAAABqaXBycAAAAEtpcGNvAAAAFGlzcGUAAAAAAAAACAAAAAgA' +
    'AAAQcGl4aQAAAAADCAgIAAAADGF2MUOBAAwAAAAAE2NvbHJuY2x4AAEADQAGgAAAABdpcG1hAAAAAAAAAAEAAQQB' +
    'AoMEAAAAQW1kYXQSAAoIGAi/aICGg0IyKxxHh4Xd0000wsAUAJA2jqs5LZCLqnqQ4RddN857nf9zFcuxnvludo2j' +
    'hnM=',
  GIF:
    'R0lGODdhCAAIAIMAANzgYcmudnTqXkjDWeWCgaGJfTuZlRZ3dbxBfW4/hN8XrH4O+CZXnjA93DIgbBEGMywAAAAA' +
    'CAAIAAAIRQABCDiAIAAABQIIGBSwIMHABg4CDGiwAICBBQ8eGGgQQIBEBA4AFECAYKKDAwsKMGCQwAGBBgQEDHig' +
    'YCMCAgQSKFgQEAA7',
  'moving GIF':
    'R0lGODdhCAAIAIIAANXMaWTbXcyFfyuKh5lAgLUTzSpNtSkZXCwAAAAACAAIAAAIOgABBBhQQACAAgEEGAxQ4MBA' +
    'AwcEGigAgOCBAwYMCAhQkUBEAQQIDIB4AGFGjwI0BghQ8qRCAgUKBAQAIfkEAQAACAAsAAAAAAgACACC0uaC06tK' +
    'VOE8UbCSrHKHImqMmySjJyOZCDoADxggIKDAAQEHChg0IADAwAAABAYoSBAAgAABChg4QGDAgIMeCUAkKBIigAIZ' +
    'DRgAIADjAIUCYgYEADs=',
};

/** Here the moving GIF's first frame ends, and what comes before the second. */
const FIRST_FRAME = [108, 116];

const files = Object.entries(FILES).map(
  ([name, text]) => [name, new Uint8Array(Buffer.from(text, 'base64'))] as const,
);

test.each(files)('a %s is whole, and no longer so where it is cut', (name, file) => {
  expect(isCutOff(file)).toBe(false);
  const first = name.includes('JPEG') ? 3 : 16; // fewer bytes do not show a format
  for (let length = first; length < file.length * 0.9; length++) {
    if (name === 'moving GIF' && FIRST_FRAME.includes(length)) continue;
    expect(isCutOff(file.subarray(0, length)), `${length} of ${file.length} bytes`).toBe(true);
  }
});

test.each(files)('what follows a %s does not matter', (_, file) => {
  expect(isCutOff(new Uint8Array([...file, ...new Uint8Array(30)]))).toBe(false);
});

test('the thumbnail inside a JPEG has an end of its own', () => {
  const jpeg = new Map(files).get('JPEG') as Uint8Array;
  const exif = [0xff, 0xe1, 0, 8, 0xff, 0xd8, 0xff, 0xd9, 0, 0];
  const file = new Uint8Array([...jpeg.subarray(0, 2), ...exif, ...jpeg.subarray(2)]);
  expect(isCutOff(file)).toBe(false);
  expect(isCutOff(file.subarray(0, file.length - 20))).toBe(true);
});

test('only a GIF may lack its end mark', () => {
  const cut = (name: string, by: number) =>
    isCutOff((new Map<string, Uint8Array>(files).get(name) as Uint8Array).subarray(0, -by));
  expect([cut('GIF', 1), cut('PNG', 12), cut('JPEG', 2)]).toEqual([false, true, true]);
});

test('what is not a picture is not called cut off', () => {
  expect(isCutOff(new Uint8Array())).toBe(false);
  expect(isCutOff(new TextEncoder().encode('no picture at all, but text'))).toBe(false);
});
