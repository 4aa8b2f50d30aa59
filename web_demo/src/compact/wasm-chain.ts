import type { PixelBytes } from '../engine';
import { Arena } from './arena';
import { BICUBIC_RADIUS_PX, bicubicLines } from './chroma';
import { type Kernels, MOST_PIXELS, type Program } from './kernels';
import type { ChainNetwork } from './network';
import { type PlacedLayer, placeLayers } from './placed-layers';

/** A ring of rows: how long one is, where the first is, how many there are. */
type Rows = { bytes: number; start: number; count: number };

/** Where everything is that depends on the width of a picture. */
export type Room = ReturnType<WasmChain['layOut']>;

/** How a row of the picture comes in, and how one of the result goes out. */
export type Ends = {
  read: (y: number, room: Room, native: number, blue: number, red: number) => void;
  write: (y: number, room: Room) => void;
};

/** Of each layer the row that is read in the middle, and those above and below. */
const KEPT_ROWS = 3;

const FLOAT_BYTES = 4;
const VECTOR_BYTES = 16;
const TAPS = 2 * BICUBIC_RADIUS_PX + 1;

/**
 * Runs a network row by row through all its layers, so that the rows stay in the cache, and memory
 * does not grow with a picture's height. Rows have a pixel of zeros at either end, and outside the
 * picture there is a row of zeros.
 */
export class WasmChain {
  readonly scale: number;
  readonly #kernels: Kernels;
  readonly arena: Arena;
  readonly isLuma: boolean;
  readonly #layers: PlacedLayer[];
  readonly #nativeBytes: number;
  /** Vectors of four sub-pixels for each colour of a pixel. */
  readonly vectors: number;
  readonly #taps: { down: number; across: number };
  readonly #afterWeights: number;

  constructor(program: Program, network: ChainNetwork) {
    this.scale = network.scale;
    this.#kernels = program.kernels;
    this.arena = new Arena(program.kernels.memory);
    this.isLuma = network.colour === 'luma';
    this.#nativeBytes = FLOAT_BYTES * (this.isLuma ? 1 : 3);
    this.vectors = Math.ceil(network.scale ** 2 / 4);
    this.#layers = placeLayers(network, program, this.arena);
    const { down, across } = tapVectors(network.scale, this.vectors);
    this.#taps = { down: this.arena.put(down), across: this.arena.put(across) };
    this.#afterWeights = this.arena.end;
  }

  /** RGBA bytes in and out; the result is opaque, and halves were rounded upwards. */
  enlargeBytes(pixels: PixelBytes, height: number, width: number): PixelBytes {
    const { scale } = this;
    const { readLuma, readRgb, shuffle } = this.#kernels;
    const result = new Uint8ClampedArray(pixels.length * scale ** 2);
    const [sourceBytes, resultBytes] = [4 * width, 4 * width * scale ** 2];
    this.run(height, width, true, {
      read: (y, { source }, native, blue, red) => {
        const row = pixels.subarray(y * sourceBytes, (y + 1) * sourceBytes);
        this.arena.bytes(source, sourceBytes).set(row);
        if (this.isLuma) readLuma(source, native, blue, red, width);
        else readRgb(source, native, width);
      },
      write: (y, room) => {
        shuffle(room.mixed, room.result, width, scale, this.vectors);
        result.set(this.arena.bytes(room.result, resultBytes), y * resultBytes);
      },
    });
    return result;
  }

  /** Run the layers on rows that `ends` brings, and hand it those of the result. */
  run(height: number, width: number, asBytes: boolean, ends: Ends): void {
    const room = this.layOut(width);
    const depth = this.#layers.length;
    // Each layer is one row behind the one that it reads; a step computes one row of each.
    for (let step = 0; step < height + depth; step++) {
      if (step < height) this.#read(step, width, room, ends);
      for (let index = 0; index < depth; index++) {
        const y = step - 1 - index;
        if (y >= 0 && y < height) this.#convolve(index, y, height, width, room);
      }
      const y = step - depth;
      if (y < 0) continue;
      this.#finish(y, height, width, room, asBytes);
      ends.write(y, room);
    }
  }

  #read(y: number, width: number, room: Room, { read }: Ends): void {
    const native = rowOf(room.native, y) + this.#nativeBytes;
    const [blue, red] = [rowOf(room.blue, y), rowOf(room.red, y)];
    const inset = BICUBIC_RADIUS_PX * FLOAT_BYTES;
    read(y, room, native, blue + inset, red + inset);
    this.arena.bytes(native + width * this.#nativeBytes, this.#nativeBytes).fill(0);
    if (!this.isLuma) return;
    for (const start of [blue, red]) {
      const row = this.arena.floats(start, width + 2 * BICUBIC_RADIUS_PX);
      row.copyWithin(0, 2, 3).copyWithin(1, 2, 3);
      row.copyWithin(width + 2, width + 1, width + 2).copyWithin(width + 3, width + 1, width + 2);
    }
  }

  #convolve(index: number, y: number, height: number, width: number, room: Room): void {
    const { parts, inputBytes, outputBytes } = this.#layers[index] as PlacedLayer;
    const from = index === 0 ? room.native : (room.features[index - 1] as Rows);
    const above = y > 0 ? rowOf(from, y - 1) : room.zeros;
    const middle = rowOf(from, y);
    const below = y < height - 1 ? rowOf(from, y + 1) : room.zeros;
    const to = rowOf(room.features[index] as Rows, y) + outputBytes;
    for (const { convolve, pixels, offset, weights, bias } of parts) {
      const blocks = Math.ceil(width / pixels);
      convolve(above, middle, below, inputBytes, weights, bias, to + offset, outputBytes, blocks);
    }
    // The last block went on beyond the row's end.
    this.arena.bytes(to + width * outputBytes, outputBytes).fill(0);
  }

  #finish(y: number, height: number, width: number, room: Room, asBytes: boolean): void {
    const { finishLuma, finishRgb } = this.#kernels;
    const { mixed } = room;
    const last = this.#layers.length - 1;
    const { outputBytes } = this.#layers[last] as PlacedLayer;
    const planes = rowOf(room.features[last] as Rows, y) + outputBytes;
    const native = rowOf(room.native, y) + this.#nativeBytes;
    const [vectors, bytes] = [this.vectors, Number(asBytes)];
    if (!this.isLuma) {
      finishRgb(planes, native, mixed, width, vectors, bytes);
      return;
    }
    const blue = this.#enlargeDown(room.blue, room.blueDown, y, height, width, room);
    const red = this.#enlargeDown(room.red, room.redDown, y, height, width, room);
    finishLuma(planes, native, blue, red, this.#taps.across, mixed, width, vectors, bytes);
  }

  #enlargeDown(rows: Rows, out: number, y: number, height: number, width: number, room: Room) {
    const table = new Uint32Array(this.#kernels.memory.buffer, room.table, TAPS);
    for (let tap = 0; tap < TAPS; tap++) {
      const at = Math.min(Math.max(y + tap - BICUBIC_RADIUS_PX, 0), height - 1);
      table[tap] = rowOf(rows, at);
    }
    const columns = width + 2 * BICUBIC_RADIUS_PX;
    this.#kernels.enlargeDown(room.table, this.#taps.down, out, columns, this.vectors);
    return out;
  }

  /** Give everything that depends on a picture's width its place, and fill it with zeros. */
  layOut(width: number) {
    const arena = this.arena;
    arena.rewind(this.#afterWeights);
    const pixels = width + 2 + MOST_PIXELS;
    const rows = (pixelBytes: number, count: number): Rows => {
      const bytes = VECTOR_BYTES * Math.ceil((pixels * pixelBytes) / VECTOR_BYTES);
      return { bytes, count, start: arena.take(bytes * count) };
    };
    const widest = Math.max(...this.#layers.map(({ inputBytes }) => inputBytes));
    // The anchor and chroma wait until the last layer has come as far; chroma looks two rows back.
    const waiting = this.#layers.length + BICUBIC_RADIUS_PX + 1;
    const down = (width + 2 * BICUBIC_RADIUS_PX) * this.vectors * VECTOR_BYTES;
    const room = {
      zeros: arena.take(pixels * widest),
      native: rows(this.#nativeBytes, waiting),
      blue: rows(FLOAT_BYTES, waiting),
      red: rows(FLOAT_BYTES, waiting),
      features: this.#layers.map(({ outputBytes }) => rows(outputBytes, KEPT_ROWS)),
      table: arena.take(TAPS * FLOAT_BYTES),
      blueDown: arena.take(down),
      redDown: arena.take(down),
      source: arena.take(4 * pixels),
      mixed: arena.take(width * this.vectors * 3 * VECTOR_BYTES),
      result: arena.take(4 * width * this.scale ** 2),
    };
    arena.bytes(this.#afterWeights, arena.end - this.#afterWeights).fill(0);
    return room;
  }
}

function rowOf({ start, bytes, count }: Rows, y: number): number {
  return start + (y % count) * bytes;
}

/** For each vector of sub-pixels and each tap, what each of the four weighs it with. */
function tapVectors(scale: number, vectors: number): { down: Float32Array; across: Float32Array } {
  const lines = bicubicLines(scale);
  const down = new Float32Array(vectors * TAPS * 4);
  const across = new Float32Array(vectors * TAPS * 4);
  for (let sub = 0; sub < scale ** 2; sub++) {
    for (let tap = 0; tap < TAPS; tap++) {
      const at = ((sub >> 2) * TAPS + tap) * 4 + (sub & 3);
      down[at] = lines[Math.floor(sub / scale) * TAPS + tap] as number;
      across[at] = lines[(sub % scale) * TAPS + tap] as number;
    }
  }
  return { down, across };
}
