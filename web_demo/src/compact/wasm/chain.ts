import { cubicWeight } from '../../core/cubic';
import type { PixelBytes } from '../../core/picture';
import type { Scale } from '../../core/scale';
import { BICUBIC_RADIUS_PX } from '../chroma';
import type { ChainNetwork } from '../network';
import { Arena } from './arena';
import { MOST_PIXELS } from './convolution';
import { type PlacedLayer, placeLayers } from './placed-layers';
import type { Program, RowKernels } from './program';
import { KEPT_ROWS, type Rows, ring, runRows } from './rows';

/** Where everything is that depends on the width of a picture. */
export type Room = ReturnType<WasmChain['layOut_']>;

/** How a row of the picture comes in, and how the result of a row of blocks goes out. */
export type Ends = {
  /** @param native where this row's part of the first block is; `pixels`, a vector for each. */
  read: (y: number, native: number, pixels: number, room: Room) => void;
  write: (y: number, room: Room) => void;
};

const FLOAT_BYTES = 4;
const VECTOR_BYTES = 16;

/** Bicubic weighs four pixels: this many of them are left of its middle, at most. */
const FOUR = [0, 1, 2, 3] as const;
const INSET_BYTES = BICUBIC_RADIUS_PX * VECTOR_BYTES;

/**
 * Runs a network row by row through all its layers, so that the rows stay in the cache, and memory
 * does not grow with a picture's height. Rows have a pixel of zeros at either end, and outside the
 * picture there is a row of zeros. Where a network works on blocks, so do the rows.
 *
 * Bicubic is done in colours, in width when a row is read and in height at the end. Of a luma network of
 * whole scale it gets the colours without their luma, which is chroma; the luma is repeated, as the
 * anchor.
 */
export class WasmChain {
  readonly scale: Scale;
  readonly #kernels: RowKernels;
  readonly arena_: Arena;
  readonly isLuma_: boolean;
  readonly #layers: PlacedLayer[];
  /** Of a pixel, or a block, as the first layer reads it. */
  readonly nativeBytes_: number;
  /** Of each sub-pixel along a block's side, the first of four pixels that bicubic weighs, and how. */
  readonly #fours: { first: number; weights: number }[];
  readonly #afterWeights: number;

  constructor(program: Program, network: ChainNetwork) {
    const { scale, colour } = network;
    const { up, down } = scale;
    this.scale = scale;
    this.#kernels = program.kernels_;
    const arena = new Arena(program.kernels_.memory);
    this.arena_ = arena;
    this.isLuma_ = colour === 'luma';
    this.#layers = placeLayers(network, program, arena);
    this.nativeBytes_ = (this.#layers[0] as PlacedLayer).inputBytes_;
    this.#fours = Array.from({ length: up }, (_, sub) => {
      const middle = ((sub + 0.5) * down) / up - 0.5;
      const first = Math.floor(middle) - 1;
      return { first, weights: arena.put(FOUR.map((tap) => cubicWeight(middle - first - tap))) };
    });
    this.#afterWeights = arena.end;
  }

  /** RGBA bytes in and out; the result is opaque, and halves were rounded upwards. */
  enlargeBytes_(pixels: PixelBytes, height: number, width: number): PixelBytes {
    const { arena_: arena, scale, isLuma_: isLuma } = this;
    const { up, down } = scale;
    const sourceBytes = 4 * width;
    const resultBytes = (sourceBytes / down) * up ** 2;
    const result = new Uint8ClampedArray((resultBytes * height) / down);
    this.run(height, width, true, {
      read: (y, native, to, { source }) => {
        arena.bytes.set(pixels.subarray(y * sourceBytes, (y + 1) * sourceBytes), source);
        this.#kernels.readRow(source, to, native, width, down, this.nativeBytes_, isLuma);
      },
      write: (y, { result_: from }) =>
        result.set(arena.bytes.subarray(from, from + resultBytes), y * resultBytes),
    });
    return result;
  }

  /** Run the layers on rows that `ends` brings, and hand it those of the result. */
  run(pixelsDown: number, pixelsAcross: number, asBytes: boolean, ends: Ends): void {
    const { down } = this.scale;
    const [height, width] = [pixelsDown / down, pixelsAcross / down];
    const room = this.layOut_(width);
    runRows(
      height,
      room.rings_,
      room.zeros_,
      (y) => this.#read(y, width, room, ends),
      (index, rows, to) =>
        this.#convolve(this.#layers[index] as PlacedLayer, rows, to, width, room),
      (y) => {
        this.#finish(y, height, width, room, asBytes);
        ends.write(y, room);
      },
    );
  }

  #read(y: number, width: number, room: Room, { read }: Ends): void {
    const { up, down } = this.scale;
    const { bytes } = this.arena_;
    const native = room.native(y) + this.nativeBytes_;
    const first = room.pixels_ + INSET_BYTES;
    const end = first + width * down * VECTOR_BYTES;
    for (let row = 0; row < down; row++) {
      read(y * down + row, native + (row * this.nativeBytes_) / down, first, room);
      // Edges are repeated outwards.
      for (let by = 0; by < INSET_BYTES; by += VECTOR_BYTES) {
        bytes.copyWithin(room.pixels_ + by, first, first + VECTOR_BYTES);
        bytes.copyWithin(end + by, end - VECTOR_BYTES, end);
      }
      const wide = room.wide_(y * down + row);
      for (const [sub, four] of this.#fours.entries()) {
        const at = FOUR.map((tap) => first + (four.first + tap) * VECTOR_BYTES);
        this.#weigh(at, four.weights, wide + sub * VECTOR_BYTES, width, down, up);
      }
    }
    const after = native + width * this.nativeBytes_;
    bytes.fill(0, after, after + this.nativeBytes_);
  }

  #weigh(at: number[], weights: number, out: number, count: number, step: number, outStep: number) {
    const [a, b, c, d] = at as [number, number, number, number];
    const steps = [step * VECTOR_BYTES, outStep * VECTOR_BYTES] as const;
    this.#kernels.weigh(a, b, c, d, weights, out, count, ...steps);
  }

  #convolve(layer: PlacedLayer, rows: number[], to: number, width: number, room: Room): void {
    const { parts, inputBytes_, outputBytes_ } = layer;
    const { bytes } = this.arena_;
    new Uint32Array(bytes.buffer).set(rows, room.table_ / 4);
    const out = to + outputBytes_;
    for (const { convolve, pixels, offset, weights, bias } of parts) {
      const blocks = Math.ceil(width / pixels);
      convolve(room.table_, inputBytes_, weights, bias, out + offset, outputBytes_, blocks);
    }
    // The last block went on beyond the row's end.
    const end = out + width * outputBytes_;
    bytes.fill(0, end, end + outputBytes_);
  }

  /** All rows of the result that a row of blocks gives, in the order of the picture. */
  #finish(y: number, height: number, width: number, room: Room, asBytes: boolean): void {
    const { up, down } = this.scale;
    const { outputBytes_ } = this.#layers.at(-1) as PlacedLayer;
    const planes = (room.rings_.at(-1) as Rows)(y) + outputBytes_;
    const isAnchored = down === 1;
    for (const [row, { first, weights }] of this.#fours.entries()) {
      const at = FOUR.map((tap) =>
        room.wide_(Math.min(Math.max(y * down + first + tap, 0), height * down - 1)),
      );
      this.#weigh(at, weights, room.weighed_, width * up, 1, 1);
      this.#kernels.finishRow(
        planes + row * up * FLOAT_BYTES,
        outputBytes_,
        this.isLuma_ ? 0 : outputBytes_ / 3,
        isAnchored ? room.native(y) + this.nativeBytes_ : room.zeros_,
        isAnchored ? this.nativeBytes_ : 0,
        room.weighed_,
        room.result_ + row * width * up * (asBytes ? FLOAT_BYTES : VECTOR_BYTES),
        width,
        up,
        asBytes,
      );
    }
  }

  /** Give everything that depends on a picture's width its place, and fill it with zeros. */
  layOut_(width: number) {
    const arena = this.arena_;
    const { up, down } = this.scale;
    arena.end = this.#afterWeights;
    const pixels = width + 2 + MOST_PIXELS;
    const rows = (pixelBytes: number, count: number) => ring(arena, pixels * pixelBytes, count);
    const widest = Math.max(...this.#layers.map(({ inputBytes_ }) => inputBytes_));
    // The anchor and bicubic wait until the last layer has come as far; bicubic looks two rows back.
    const waiting = this.#layers.length + BICUBIC_RADIUS_PX + 1;
    const native = rows(this.nativeBytes_, waiting);
    const room = {
      zeros_: arena.take(pixels * widest),
      native,
      /** What each layer reads, and behind them what the last one writes. */
      rings_: [native, ...this.#layers.map(({ outputBytes_ }) => rows(outputBytes_, KEPT_ROWS))],
      table_: arena.take(VECTOR_BYTES),
      source: arena.take(4 * down * pixels),
      /** What bicubic has: a row of pixels, rows enlarged in width, and one in both directions. */
      pixels_: arena.take(pixels * down * VECTOR_BYTES),
      wide_: rows(up * VECTOR_BYTES, waiting * down),
      weighed_: arena.take(pixels * up * VECTOR_BYTES),
      result_: arena.take(pixels * up ** 2 * VECTOR_BYTES),
    };
    arena.bytes.fill(0, this.#afterWeights);
    return room;
  }
}
