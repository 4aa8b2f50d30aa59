import { cubicWeight } from '../core/cubic';
import type { Picture } from '../core/picture';
import { enlarged, type Scale } from '../core/scale';

export function isOpaque({ data }: { data: Uint8ClampedArray }): boolean {
  for (let i = 3; i < data.length; i += 4) if (data[i] !== 255) return false;
  return true;
}

/** Whether the part of a picture inside both ranges is opaque. */
export function isOpaqueWithin(
  { width, data }: Picture,
  rows: { start: number; end: number },
  columns: { start: number; end: number },
): boolean {
  for (let y = rows.start; y < rows.end; y++) {
    const end = (y * width + columns.end) * 4;
    for (let i = (y * width + columns.start) * 4 + 3; i < end; i += 4) {
      if (data[i] !== 255) return false;
    }
  }
  return true;
}

/**
 * Give fully transparent pixels near visible ones the colour of those neighbours.
 *
 * What a file holds under transparent pixels is mostly black, and a network would carry it into
 * the visible edge as a dark fringe. Colours spread outwards one pixel per wave, for `radius`
 * waves: further away nothing visible can see them. Returns a new picture; alpha is unchanged.
 */
export function fillHidden(picture: Picture, radius: number): Picture {
  const { width, height } = picture;
  const data = picture.data.slice();
  // The weight of a pixel's colour: 0 while it has none.
  const weight = new Uint8Array(width * height);
  for (let i = 0; i < weight.length; i++) weight[i] = data[i * 4 + 3] as number;

  let edge = hiddenBesideVisible(weight, width, height);
  for (let wave = 0; wave < radius && edge.length > 0; wave++) {
    // All of a wave is mixed before any of it counts, or the scan order would show.
    const mixed = edge.map((at) => mixNeighbours(data, weight, width, height, at));
    edge.forEach((at, i) => {
      const [red, green, blue, trust] = mixed[i] as Mixed;
      data.set([red, green, blue], at * 4);
      weight[at] = trust;
    });
    edge = hiddenNeighbours(weight, width, height, edge);
  }
  return { width, height, data };
}

/** Enlarge alpha with Catmull-Rom interpolation (Keys, a = -1/2), the edge pixels repeated outwards. */
export function enlargeAlpha({ width, height, data }: Picture, scale: Scale): Uint8ClampedArray {
  const alpha = new Float32Array(width * height);
  for (let i = 0; i < alpha.length; i++) alpha[i] = data[i * 4 + 3] as number;
  const wide = enlargeRows(alpha, width, height, scale);
  // Rows of the turned picture are columns: one routine serves both directions.
  const across = enlarged(width, scale);
  const tall = enlargeRows(transpose(wide, across, height), height, across, scale);
  const result = transpose(tall, enlarged(height, scale), across);
  return Uint8ClampedArray.from(result, (value) => Math.floor(value + 0.5));
}

type Mixed = [red: number, green: number, blue: number, trust: number];

/** The hidden pixels next to a visible one. Pictures are large, so this allocates nothing per pixel. */
function hiddenBesideVisible(weight: Uint8Array, width: number, height: number): number[] {
  const found: number[] = [];
  for (let y = 0; y < height; y++) {
    const [top, bottom] = [Math.max(0, y - 1), Math.min(height - 1, y + 1)];
    for (let x = 0; x < width; x++) {
      if (weight[y * width + x] !== 0) continue;
      const [left, right] = [Math.max(0, x - 1), Math.min(width - 1, x + 1)];
      if (anyVisible(weight, width, left, right, top, bottom)) found.push(y * width + x);
    }
  }
  return found;
}

function anyVisible(
  weight: Uint8Array,
  width: number,
  left: number,
  right: number,
  top: number,
  bottom: number,
): boolean {
  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++) if (weight[y * width + x] !== 0) return true;
  }
  return false;
}

/** The pixels without colour that touch one of `from`, each once. */
function hiddenNeighbours(
  weight: Uint8Array,
  width: number,
  height: number,
  from: readonly number[],
): number[] {
  const found = new Set<number>();
  for (const at of from) {
    for (const next of neighbours(at, width, height)) if (weight[next] === 0) found.add(next);
  }
  return [...found];
}

function mixNeighbours(
  data: Uint8ClampedArray,
  weight: Uint8Array,
  width: number,
  height: number,
  at: number,
): Mixed {
  let [red, green, blue, sum, count] = [0, 0, 0, 0, 0];
  for (const next of neighbours(at, width, height)) {
    const trust = weight[next] as number;
    if (trust === 0) continue;
    red += trust * (data[next * 4] as number);
    green += trust * (data[next * 4 + 1] as number);
    blue += trust * (data[next * 4 + 2] as number);
    sum += trust;
    count++;
  }
  return [red / sum, green / sum, blue / sum, Math.max(1, Math.round(sum / count))];
}

function* neighbours(at: number, width: number, height: number): Generator<number> {
  const x = at % width;
  const y = (at - x) / width;
  for (let ny = Math.max(0, y - 1); ny <= Math.min(height - 1, y + 1); ny++) {
    for (let nx = Math.max(0, x - 1); nx <= Math.min(width - 1, x + 1); nx++) {
      if (nx !== x || ny !== y) yield ny * width + nx;
    }
  }
}

function enlargeRows(
  values: Float32Array,
  width: number,
  height: number,
  scale: Scale,
): Float32Array {
  const across = enlarged(width, scale);
  const out = new Float32Array(across * height);
  const last = width - 1;
  for (let x = 0; x < across; x++) {
    // Pixel centres line up: the middle of output pixel x lies here in the input.
    const centre = ((x + 0.5) * scale.down) / scale.up - 0.5;
    const first = Math.floor(centre) - 1;
    for (let tap = first; tap < first + 4; tap++) {
      const share = cubicWeight(centre - tap);
      const column = Math.min(Math.max(tap, 0), last);
      for (let y = 0; y < height; y++) {
        const to = y * across + x;
        out[to] = (out[to] as number) + share * (values[y * width + column] as number);
      }
    }
  }
  return out;
}

function transpose(values: Float32Array, width: number, height: number): Float32Array {
  const out = new Float32Array(values.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) out[x * height + y] = values[y * width + x] as number;
  }
  return out;
}
