import { imageFormat } from './image-format';

/**
 * Whether a file ends before its picture does. Some browsers show what there is, with a white or an
 * empty rest. A GIF without its end mark counts as whole: every browser shows it.
 */
export function isCutOff(file: Uint8Array): boolean {
  const ends = { JPEG: jpegEnds, PNG: pngEnds, GIF: gifEnds, WebP: webpEnds, AVIF: boxesEnd };
  const format = imageFormat(file.subarray(0, 16)) as keyof typeof ends | undefined;
  return format !== undefined && !ends[format](file);
}

/** Segments up to the first scan, then any mark that is not part of a scan: the end, at last. */
function jpegEnds(file: Uint8Array): boolean {
  let at = 2;
  while (file[at] === 0xff && file[at + 1] !== 0xda) at += 2 + bigEndian(file, at + 2, 2);
  for (; at + 1 < file.length; at++) if (file[at] === 0xff && file[at + 1] === 0xd9) return true;
  return false;
}

function pngEnds(file: Uint8Array): boolean {
  for (let at = 8; at + 8 <= file.length; ) {
    const kind = tag(file, at + 4);
    at += 12 + bigEndian(file, at, 4);
    if (at > file.length) return false;
    if (kind === 'IEND') return true;
  }
  return false;
}

function gifEnds(file: Uint8Array): boolean {
  const colours = (flags = 0) => (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0);
  let at = 13 + colours(file[10]);
  let hasPicture = false;
  while (at < file.length && file[at] !== 0x3b) {
    const isPicture = file[at] === 0x2c;
    at += isPicture ? 11 + colours(file[at + 9]) : 2;
    while (at < file.length && file[at] !== 0) at += 1 + (file[at] as number);
    if (at >= file.length) return false;
    hasPicture ||= isPicture;
    at++;
  }
  return hasPicture;
}

function webpEnds(file: Uint8Array): boolean {
  const size = new DataView(file.buffer, file.byteOffset).getUint32(4, true);
  return 8 + size <= file.length + (size % 2);
}

function boxesEnd(file: Uint8Array): boolean {
  let hasPicture = false;
  for (let at = 0; at < file.length; ) {
    const size = bigEndian(file, at, 4);
    hasPicture ||= tag(file, at + 4) === 'mdat';
    if (size === 0) break; // up to the end, wherever that is
    at += Math.max(8, size === 1 ? bigEndian(file, at + 8, 8) : size);
    if (at > file.length) return false;
  }
  return hasPicture;
}

function bigEndian(file: Uint8Array, at: number, count: number): number {
  let value = 0;
  for (let i = at; i < at + count; i++) value = value * 256 + (file[i] ?? 0);
  return value;
}

function tag(file: Uint8Array, at: number): string {
  return String.fromCharCode(...file.subarray(at, at + 4));
}
