import { cubicWeight } from '../../core/cubic';
import type { PixelBytes } from '../../core/picture';
import type { Scale } from '../../core/scale';
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

/** How a row of the picture comes in, and how the result of a row of blocks goes out. */
export type Ends = {
  /** @param blue where the pixels are written as four floats each, if the network works on blocks. */
  read: (y: number, room: Room, native: number, blue: number, red: number) => void;
  write: (y: number, room: Room) => void;
};

/** Of each layer the row that is read in the middle, and those above and below. */
const KEPT_ROWS = 3;

const FLOAT_BYTES = 4;
const VECTOR_BYTES = 16;
const TAPS = 2 * BICUBIC_RADIUS_PX + 1;
/** Four weights, and where they begin. */
const PHASE_BYTES = 5 * FLOAT_BYTES;

/**
 * Runs a network row by row through all its layers, so that the rows stay in the cache, and memory
 * does not grow with a picture's height. Rows have a pixel of zeros at either end, and outside the
 * picture there is a row of zeros.
 *
 * Where a network works on blocks, so do the rows. The picture is enlarged in colours then, and what the
 * last layer gives is added to all three.
 */
export class WasmChain {
  readonly scale: Scale;
  readonly #kernels: RowKernels;
  readonly arena_: Arena;
  readonly isLuma_: boolean;
  readonly #layers: PlacedLayer[];
  /** Of a pixel, or a block, as the first layer reads it. */
  readonly nativeBytes_: number;
  /** Vectors of four sub-pixels for each colour of a pixel. */
  readonly vectors_: number;
  /** Of each vector of sub-pixels, what each of the four weighs the taps with. */
  readonly #down: number;
  readonly #across: number;
  /** Of each sub-pixel along a block's side, the first of the four pixels that bicubic weighs. */
  readonly #firsts: number[];
  readonly #phases: number;
  readonly #afterWeights: number;

  constructor(program: Program, network: ChainNetwork) {
    const { scale, colour } = network;
    const { up, down } = scale;
    this.scale = scale;
    this.#kernels = program.kernels_;
    const arena = new Arena(program.kernels_.memory);
    this.arena_ = arena;
    this.isLuma_ = colour === 'luma';
    this.vectors_ = Math.ceil(up ** 2 / 4);
    this.#layers = placeLayers(network, program, arena);
    this.nativeBytes_ = (this.#layers[0] as PlacedLayer).inputBytes;
    const lines = bicubicLines(scale);
    const taps = (lineOf: (sub: number) => number) =>
      new Float32Array(this.vectors_ * TAPS * 4).map((_, at) => {
        const [vector, tap] = [Math.floor(at / TAPS / 4), Math.floor(at / 4) % TAPS];
        return lines[Math.floor(lineOf(4 * vector + (at % 4))) * TAPS + tap] ?? 0;
      });
    this.#down = arena.put(taps((sub) => sub / up));
    this.#across = arena.put(taps((sub) => sub % up));
    const middles = Array.from({ length: up }, (_, sub) => ((sub + 0.5) * down) / up - 0.5);
    this.#firsts = middles.map((middle) => Math.floor(middle) - 1);
    this.#phases = arena.put(
      this.#firsts.flatMap((first, sub) => [
        ...[0, 1, 2, 3].map((tap) => cubicWeight((middles[sub] as number) - first - tap)),
        (first + BICUBIC_RADIUS_PX) * VECTOR_BYTES,
      ]),
    );
    this.#afterWeights = arena.end;
  }

  /** RGBA bytes in and out; the result is opaque, and halves were rounded upwards. */
  enlargeBytes_(pixels: PixelBytes, height: number, width: number): PixelBytes {
    const { arena_: arena, vectors_: vectors, isLuma_: isLuma } = this;
    const { up, down } = this.scale;
    const { readLuma, readRgb, readBlocks, shuffle } = this.#kernels;
    const sourceBytes = 4 * width;
    const resultBytes = (sourceBytes / down) * up ** 2;
    const result = new Uint8ClampedArray((resultBytes * height) / down);
    this.run(height, width, true, {
      read: (y, { source }, native, blue, red) => {
        arena.bytes.set(pixels.subarray(y * sourceBytes, (y + 1) * sourceBytes), source);
        if (down > 1) readBlocks(source, blue, native, width, down, this.nativeBytes_, isLuma);
        else if (isLuma) readLuma(source, native, blue, red, width);
        else readRgb(source, native, width);
      },
      write: (y, room) => {
        if (down === 1) shuffle(room.mixed_, room.resultRow_, width, up, vectors);
        result.set(
          arena.bytes.subarray(room.resultRow_, room.resultRow_ + resultBytes),
          y * resultBytes,
        );
      },
    });
    return result;
  }

  /** Run the layers on rows that `ends` brings, and hand it those of the result. */
  run(pixelsDown: number, pixelsAcross: number, asBytes: boolean, ends: Ends): void {
    const { down } = this.scale;
    const [height, width] = [pixelsDown / down, pixelsAcross / down];
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
      if (down > 1) this.#finishBlocks(y, height, width, room, asBytes);
      else this.#finish(y, height, width, room, asBytes);
      ends.write(y, room);
    }
  }

  #read(y: number, width: number, room: Room, { read }: Ends): void {
    const { down } = this.scale;
    const native = room.native(y) + this.nativeBytes_;
    if (down === 1) {
      const [blue, red] = [room.blue(y), room.red(y)];
      const inset = BICUBIC_RADIUS_PX * FLOAT_BYTES;
      read(y, room, native, blue + inset, red + inset);
      // An RGB network does not look at them.
      this.#repeatEdges(blue, FLOAT_BYTES, width);
      this.#repeatEdges(red, FLOAT_BYTES, width);
    } else {
      for (let row = 0; row < down; row++) {
        const pixels = room.pixels_(y * down + row);
        const own = native + (row * this.nativeBytes_) / down;
        read(y * down + row, room, own, pixels + BICUBIC_RADIUS_PX * VECTOR_BYTES, 0);
        this.#repeatEdges(pixels, VECTOR_BYTES, width * down);
      }
    }
    const end = native + width * this.nativeBytes_;
    this.arena_.bytes.fill(0, end, end + this.nativeBytes_);
  }

  /** What bicubic enlarges has its edges repeated outwards. */
  #repeatEdges(start: number, pixelBytes: number, width: number): void {
    const { bytes } = this.arena_;
    const first = start + BICUBIC_RADIUS_PX * pixelBytes;
    const last = first + (width - 1) * pixelBytes;
    for (let by = pixelBytes; by <= BICUBIC_RADIUS_PX * pixelBytes; by += pixelBytes) {
      bytes.copyWithin(first - by, first, first + pixelBytes);
      bytes.copyWithin(last + by, last, last + pixelBytes);
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
    const native = room.native(y) + this.nativeBytes_;
    const [vectors, bytes] = [this.vectors_, Number(asBytes)];
    if (!this.isLuma_) {
      finishRgb(planes, native, mixed, width, vectors, bytes);
      return;
    }
    const blue = this.#enlargeDown(room.blue, room.blueDown_, y, height, width, room);
    const red = this.#enlargeDown(room.red, room.redDown_, y, height, width, room);
    finishLuma(planes, native, blue, red, this.#across, mixed, width, vectors, bytes);
  }

  /** All rows of the result that a row of blocks gives, in the order of the picture. */
  #finishBlocks(y: number, height: number, width: number, room: Room, asBytes: boolean): void {
    const { up, down } = this.scale;
    const { weighRows, finishBlocks } = this.#kernels;
    const { outputBytes } = this.#layers.at(-1) as PlacedLayer;
    const planes = (room.rings_.at(-1) as Rows)(y) + outputBytes;
    const colourBytes = this.isLuma_ ? 0 : outputBytes / 3;
    const rowBytes = width * up * (asBytes ? FLOAT_BYTES : VECTOR_BYTES);
    for (const [row, first] of this.#firsts.entries()) {
      const near = [0, 1, 2, 3].map((tap) =>
        room.pixels_(Math.min(Math.max(y * down + first + tap, 0), height * down - 1)),
      );
      const columns = width * down + 2 * BICUBIC_RADIUS_PX;
      const weights = this.#phases + row * PHASE_BYTES;
      weighRows(this.#table(near, room), weights, room.weighed_, columns);
      finishBlocks(
        planes + row * up * FLOAT_BYTES,
        outputBytes,
        colourBytes,
        room.weighed_,
        down * VECTOR_BYTES,
        this.#phases,
        room.resultRow_ + row * rowBytes,
        width,
        up,
        asBytes,
      );
    }
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
    const { up, down } = this.scale;
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
    const enlargedDown = (width + 2 * BICUBIC_RADIUS_PX) * this.vectors_ * VECTOR_BYTES;
    const native = rows(this.nativeBytes_, waiting);
    const room = {
      zeros_: arena.take(pixels * widest),
      native,
      blue: rows(FLOAT_BYTES, waiting),
      red: rows(FLOAT_BYTES, waiting),
      /** What each layer reads, and behind them what the last one writes. */
      rings_: [native, ...this.#layers.map(({ outputBytes }) => rows(outputBytes, KEPT_ROWS))],
      table_: arena.take(TAPS * FLOAT_BYTES),
      blueDown_: arena.take(enlargedDown),
      redDown_: arena.take(enlargedDown),
      source: arena.take(4 * pixels),
      mixed_: arena.take(width * this.vectors_ * 3 * VECTOR_BYTES),
      /** Of a network of blocks: the picture's pixels, and a row of them weighed down the columns. */
      pixels_: rows(down * VECTOR_BYTES, down > 1 ? waiting * down : 0),
      weighed_: arena.take(pixels * down * VECTOR_BYTES),
      resultRow_: arena.take((down > 1 ? VECTOR_BYTES : FLOAT_BYTES) * width * up ** 2),
    };
    arena.bytes.fill(0, this.#afterWeights);
    return room;
  }
}
