import { OutOfMemory } from './errors';
import type { Span } from './tiling';

/** RGBA bytes, row by row: an ImageData without the DOM. */
export type Picture = {
  width: number;
  height: number;
  data: Uint8ClampedArray<ArrayBuffer>;
};

export function blankPicture(width: number, height: number): Picture {
  try {
    return { width, height, data: new Uint8ClampedArray(width * height * 4) };
  } catch {
    throw new OutOfMemory(
      `A picture of ${width} × ${height} pixels does not fit into this browser's memory. Choose a smaller one.`,
    );
  }
}

/** The part of a picture inside both ranges, as a picture of its own. */
export function cropPicture(
  { width, data }: Picture,
  rows: { start: number; end: number },
  columns: { start: number; end: number },
): Picture {
  const cropped = blankPicture(columns.end - columns.start, rows.end - rows.start);
  for (let y = rows.start; y < rows.end; y++) {
    const from = (y * width + columns.start) * 4;
    const row = data.subarray(from, from + cropped.width * 4);
    cropped.data.set(row, (y - rows.start) * cropped.width * 4);
  }
  return cropped;
}

/** The RGB floats in [0, 1] that one tile of `picture` reads. */
export function readTile(picture: Picture, rows: Span, columns: Span): Float32Array {
  const width = columns.readEnd - columns.readStart;
  const tile = new Float32Array((rows.readEnd - rows.readStart) * width * 3);
  let to = 0;
  for (let y = rows.readStart; y < rows.readEnd; y++) {
    let from = (y * picture.width + columns.readStart) * 4;
    for (let x = 0; x < width; x++, from += 4, to += 3) {
      tile[to] = (picture.data[from] as number) / 255;
      tile[to + 1] = (picture.data[from + 1] as number) / 255;
      tile[to + 2] = (picture.data[from + 2] as number) / 255;
    }
  }
  return tile;
}

/** Write the kept part of an enlarged tile into `result`, opaque, rounded to bytes. */
export function writeTile(
  result: Picture,
  tile: Float32Array,
  rows: Span,
  columns: Span,
  scale: number,
): void {
  const tileWidth = (columns.readEnd - columns.readStart) * scale;
  const left = (columns.keepStart - columns.readStart) * scale;
  const width = (columns.keepEnd - columns.keepStart) * scale;
  for (let y = rows.keepStart * scale; y < rows.keepEnd * scale; y++) {
    let from = ((y - rows.readStart * scale) * tileWidth + left) * 3;
    let to = (y * result.width + columns.keepStart * scale) * 4;
    for (let x = 0; x < width; x++, from += 3, to += 4) {
      result.data[to] = toByte(tile[from] as number);
      result.data[to + 1] = toByte(tile[from + 1] as number);
      result.data[to + 2] = toByte(tile[from + 2] as number);
      result.data[to + 3] = 255;
    }
  }
}

/**
 * The nearest byte, halves upwards. Written out because Uint8ClampedArray rounds halves to even,
 * and every runtime of the project rounds this way.
 */
export function toByte(value: number): number {
  return Math.floor(Math.min(Math.max(value, 0), 1) * 255 + 0.5);
}
