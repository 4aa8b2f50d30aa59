import type { PixelBytes } from '../../core/picture';
import { BICUBIC_RADIUS_PX, bicubicLines } from '../chroma';
import type { ChainNetwork } from '../network';
import { Arena } from './arena';
import { MOST_PIXELS } from './convolution';
import { type PlacedLayer, placeLayers } from './placed-layers';
import type { Program, RowKernels } from './program';

/** A ring of rows: where a row is. Later rows take the places of those that nobody reads any more. */
type Rows = (y: number) => number;

/** Where everything is that depends on the width of a picture. */
export type Room = ReturnType<WasmChain['layOut_']>;

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
  readonly #kernels: RowKernels;
  readonly arena_: Arena;
  readonly isLuma_: boolean;
  readonly #layers: PlacedLayer[];
  readonly #nativeBytes: number;
  /** Vectors of four sub-pixels for each colour of a pixel. */
  readonly vectors_: number;
  /** Of each vector of sub-pixels, what each of the four weighs the taps with. */
  readonly #down: number;
  readonly #across: number;
  readonly #afterWeights: number;

  constructor(program: Program, network: ChainNetwork) {
    const { scale, colour } = network;
    const { up } = scale;
    this.scale = scale.up;
    this.#kernels = program.kernels_;
    const arena = new Arena(program.kernels_.memory);
    this.arena_ = arena;
    this.isLuma_ = colour === 'luma';
    this.#nativeBytes = this.isLuma_ ? FLOAT_BYTES : 3 * FLOAT_BYTES;
    this.vectors_ = Math.ceil(up ** 2 / 4);
    this.#layers = placeLayers(network, program, arena);
    const lines = bicubicLines(scale);
    const taps = (lineOf: (sub: number) => number) =>
      new Float32Array(this.vectors_ * TAPS * 4).map((_, at) => {
        const [vector, tap] = [Math.floor(at / TAPS / 4), Math.floor(at / 4) % TAPS];
        return lines[Math.floor(lineOf(4 * vector + (at % 4))) * TAPS + tap] ?? 0;
      });
    this.#down = arena.put(taps((sub) => sub / up));
    this.#across = arena.put(taps((sub) => sub % up));
    this.#afterWeights = arena.end;
  }

  /** RGBA bytes in and out; the result is opaque, and halves were rounded upwards. */
  enlargeBytes_(pixels: PixelBytes, height: number, width: number): PixelBytes {
    const { scale, arena_: arena, vectors_: vectors } = this;
    const { readLuma, readRgb, shuffle } = this.#kernels;
    const result = new Uint8ClampedArray(pixels.length * scale ** 2);
    const [sourceBytes, resultBytes] = [4 * width, 4 * width * scale ** 2];
    this.run(height, width, true, {
      read: (y, { source }, native, blue, red) => {
        arena.bytes.set(pixels.subarray(y * sourceBytes, (y + 1) * sourceBytes), source);
        if (this.isLuma_) readLuma(source, native, blue, red, width);
        else readRgb(source, native, width);
      },
      write: (y, room) => {
        shuffle(room.mixed_, room.resultRow_, width, scale, vectors);
        result.set(
          arena.bytes.subarray(room.resultRow_, room.resultRow_ + resultBytes),
          y * resultBytes,
        );
      },
    });
    return result;
  }

  /** Run the layers on rows that `ends` brings, and hand it those of the result. */
  run(height: number, width: number, asBytes: boolean, ends: Ends): void {
    const room = this.layOut_(width);
    const depth = this.#layers.length;
    // Each layer is one row behind the one that it reads; a step computes one row of each.
    for (let step = 0; step < height + depth; step++) {
      if (step < height) this.#read(step, width, room, ends);
      for (const [index, layer] of this.#layers.entries()) {
        const y = step - 1 - index;
        if (y < 0 || y >= height) continue;
        const from = room.rings_[index] as Rows;
        const rows = [y - 1, y, y + 1].map((at) =>
          at < 0 || at >= height ? room.zeros_ : from(at),
        );
        this.#convolve(layer, this.#table(rows, room), (room.rings_[index + 1] as Rows)(y), width);
      }
      const y = step - depth;
      if (y < 0) continue;
      this.#finish(y, height, width, room, asBytes);
      ends.write(y, room);
    }
  }

  #read(y: number, width: number, room: Room, { read }: Ends): void {
    const { bytes, floats_: floats } = this.arena_;
    const native = room.native(y) + this.#nativeBytes;
    const [blue, red] = [room.blue(y), room.red(y)];
    const inset = BICUBIC_RADIUS_PX * FLOAT_BYTES;
    read(y, room, native, blue + inset, red + inset);
    const end = native + width * this.#nativeBytes;
    bytes.fill(0, end, end + this.#nativeBytes);
    // Chroma's edges are repeated outwards; an RGB network does not look at them.
    for (const start of [blue, red]) {
      const [first, last] = [
        start / FLOAT_BYTES + BICUBIC_RADIUS_PX,
        start / FLOAT_BYTES + width + 1,
      ];
      floats.fill(floats[first] as number, first - BICUBIC_RADIUS_PX, first);
      floats.fill(floats[last] as number, last + 1, last + 1 + BICUBIC_RADIUS_PX);
    }
  }

  /** Put the addresses of rows where a kernel reads them. */
  #table(rows: number[], { table_: table }: Room): number {
    new Uint32Array(this.arena_.bytes.buffer).set(rows, table / 4);
    return table;
  }

  #convolve(layer: PlacedLayer, rows: number, to: number, width: number): void {
    const { parts, inputBytes, outputBytes } = layer;
    const out = to + outputBytes;
    for (const { convolve, pixels, offset, weights, bias } of parts) {
      const blocks = Math.ceil(width / pixels);
      convolve(rows, inputBytes, weights, bias, out + offset, outputBytes, blocks);
    }
    // The last block went on beyond the row's end.
    const end = out + width * outputBytes;
    this.arena_.bytes.fill(0, end, end + outputBytes);
  }

  #finish(y: number, height: number, width: number, room: Room, asBytes: boolean): void {
    const { finishLuma, finishRgb } = this.#kernels;
    const { rings_: rings, mixed_: mixed } = room;
    const last = this.#layers.at(-1) as PlacedLayer;
    const planes = (rings.at(-1) as Rows)(y) + last.outputBytes;
    const native = room.native(y) + this.#nativeBytes;
    const [vectors, bytes] = [this.vectors_, Number(asBytes)];
    if (!this.isLuma_) {
      finishRgb(planes, native, mixed, width, vectors, bytes);
      return;
    }
    const blue = this.#enlargeDown(room.blue, room.blueDown_, y, height, width, room);
    const red = this.#enlargeDown(room.red, room.redDown_, y, height, width, room);
    finishLuma(planes, native, blue, red, this.#across, mixed, width, vectors, bytes);
  }

  #enlargeDown(rows: Rows, out: number, y: number, height: number, width: number, room: Room) {
    const near = Array.from({ length: TAPS }, (_, tap) =>
      rows(Math.min(Math.max(y + tap - BICUBIC_RADIUS_PX, 0), height - 1)),
    );
    const columns = width + 2 * BICUBIC_RADIUS_PX;
    this.#kernels.enlargeDown(this.#table(near, room), this.#down, out, columns, this.vectors_);
    return out;
  }

  /** Give everything that depends on a picture's width its place, and fill it with zeros. */
  layOut_(width: number) {
    const arena = this.arena_;
    arena.end = this.#afterWeights;
    const pixels = width + 2 + MOST_PIXELS;
    const rows = (pixelBytes: number, count: number): Rows => {
      const bytes = VECTOR_BYTES * Math.ceil((pixels * pixelBytes) / VECTOR_BYTES);
      const start = arena.take(bytes * count);
      return (y) => start + (y % count) * bytes;
    };
    const widest = Math.max(...this.#layers.map(({ inputBytes }) => inputBytes));
    // The anchor and chroma wait until the last layer has come as far; chroma looks two rows back.
    const waiting = this.#layers.length + BICUBIC_RADIUS_PX + 1;
    const down = (width + 2 * BICUBIC_RADIUS_PX) * this.vectors_ * VECTOR_BYTES;
    const native = rows(this.#nativeBytes, waiting);
    const room = {
      zeros_: arena.take(pixels * widest),
      native,
      blue: rows(FLOAT_BYTES, waiting),
      red: rows(FLOAT_BYTES, waiting),
      /** What each layer reads, and behind them what the last one writes. */
      rings_: [native, ...this.#layers.map(({ outputBytes }) => rows(outputBytes, KEPT_ROWS))],
      table_: arena.take(TAPS * FLOAT_BYTES),
      blueDown_: arena.take(down),
      redDown_: arena.take(down),
      source: arena.take(4 * pixels),
      mixed_: arena.take(width * this.vectors_ * 3 * VECTOR_BYTES),
      resultRow_: arena.take(4 * width * this.scale ** 2),
    };
    arena.bytes.fill(0, this.#afterWeights);
    return room;
  }
}
