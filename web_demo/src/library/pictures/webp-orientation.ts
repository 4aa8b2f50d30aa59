import type { Picture } from '../../core/picture';

/**
 * The EXIF orientation (1 to 8) of a WebP file; 1 if it has none.
 *
 * Browsers apply the EXIF orientation of JPEG and PNG files; Chromium does not for WebP.
 */
export function webpOrientation(file: Uint8Array): number {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length < 20 || tag(file, 0) !== 'RIFF' || tag(file, 8) !== 'WEBP') return 1;
  for (let at = 12; at + 8 <= file.length; ) {
    const size = view.getUint32(at + 4, true);
    if (tag(file, at) === 'EXIF') return exifOrientation(file.subarray(at + 8, at + 8 + size));
    at += 8 + size + (size % 2);
  }
  return 1;
}

/** Turn a stored picture as its EXIF orientation says. */
export function turned(picture: Picture, orientation: number): Picture {
  if (orientation < 2 || orientation > 8) return picture;
  const { width: w, height: h } = picture;
  const lying = orientation > 4;
  const [width, height] = lying ? [h, w] : [w, h];
  const from = new Uint32Array(picture.data.buffer, picture.data.byteOffset, w * h);
  const to = new Uint32Array(w * h);
  // Where the pixel seen at (x, y) is stored.
  const stored: Record<number, (x: number, y: number) => number> = {
    2: (x, y) => y * w + (w - 1 - x),
    3: (x, y) => (h - 1 - y) * w + (w - 1 - x),
    4: (x, y) => (h - 1 - y) * w + x,
    5: (x, y) => x * w + y,
    6: (x, y) => (h - 1 - x) * w + y,
    7: (x, y) => (h - 1 - x) * w + (w - 1 - y),
    8: (x, y) => x * w + (w - 1 - y),
  };
  const find = stored[orientation] as (x: number, y: number) => number;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) to[y * width + x] = from[find(x, y)] as number;
  }
  return { width, height, data: new Uint8ClampedArray(to.buffer) };
}

/** The orientation in an EXIF block, with or without the "Exif" that JPEG puts before it. */
function exifOrientation(block: Uint8Array): number {
  const start = tag(block, 0) === 'Exif' ? 6 : 0;
  const view = new DataView(block.buffer, block.byteOffset + start, block.length - start);
  try {
    const little = view.getUint16(0) === 0x4949;
    const directory = view.getUint32(4, little);
    const entries = view.getUint16(directory, little);
    for (let at = directory + 2; at < directory + 2 + entries * 12; at += 12) {
      if (view.getUint16(at, little) !== 0x0112) continue;
      const orientation = view.getUint16(at + 8, little);
      return orientation >= 1 && orientation <= 8 ? orientation : 1;
    }
  } catch {
    // A block that ends too early says nothing.
  }
  return 1;
}

function tag(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4));
}
