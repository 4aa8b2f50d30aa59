import type { PixelBytes } from '../../../core/picture';
import type { Scale } from '../../../core/scale';
import { type Four, FROM_BLUE, FROM_RED, foursOf, SHIFTS } from '../../integer/enlargement';
import type { IntegerNetwork } from '../../integer/network';
import { Arena } from '../arena';
import { KEPT_ROWS, type Rows, ring, runRows } from '../rows';
import { type LayerShape, MOST_PIXELS } from './convolution';
import { type PlacedLayer, placeLayer, shapesOf } from './placed-layers';
import type { Convolve, Program, RowKernels, StartProgram } from './program';

/** Where everything is that depends on the width of a picture. */
type Room = ReturnType<IntegerChain['layOut_']>;

/** A sub-pixel of a block's side: the first of the four pixels that it is made of, and where their taps are. */
type PlacedFour = { first: number; taps: number };

const LANE_BYTES = 2;
const VECTOR_BYTES = 16;

/** Before the first block, the planes have the edge repeated, in whole vectors. */
const INSET_BYTES = VECTOR_BYTES;

/** Bicubic reaches two blocks beyond an edge, at most. */
const INSET_BLOCKS = 2;

/** Rows from the topmost that bicubic weighs to a block's own, and its own. */
const WAITING_ROWS = 3;

/**
 * Runs a network of whole numbers row by row, as ./../rows says. Everything is in 16-bit lanes. A row has a
 * pixel of zeros at either end.
 *
 * What bicubic enlarges are planes of red, blue and green, in rows of their own for each pixel of a block's
 * side: neighbours in memory are then neighbouring blocks. Of a luma network of whole scale, red and blue are
 * without luma, and green follows from them when they are enlarged.
 */
export class IntegerChain {
  readonly scale: Scale;
  readonly #kernels: RowKernels;
  readonly #convolutions: Convolve[];
  readonly #arena: Arena;
  readonly #isLuma: boolean;
  readonly #layers: PlacedLayer[];
  readonly #nativeBytes: number;
  readonly #fours: PlacedFour[];
  readonly #greenTaps: number;
  /** Planes that are enlarged. */
  readonly #planes: number;
  readonly #afterWeights: number;

  /** @param hasBytes whether what passes from layer to layer are bytes: of activations of 7 bits alone. */
  static async start(
    start: StartProgram,
    network: IntegerNetwork,
    hasBytes: boolean,
  ): Promise<IntegerChain> {
    const shapes = shapesOf(network, hasBytes);
    return new IntegerChain(await start(shapes), network, shapes);
  }

  private constructor(
    { kernels_: kernels, convolutions_: convolutions }: Program,
    network: IntegerNetwork,
    shapes: LayerShape[],
  ) {
    const { scale, colour, layers } = network;
    const arena = new Arena(kernels.memory);
    this.scale = scale;
    this.#kernels = kernels;
    this.#convolutions = convolutions;
    this.#arena = arena;
    this.#isLuma = colour === 'luma';
    this.#layers = layers.map((layer, index) => {
      const added = layers[index - 1]?.least.map((value) => -value);
      return placeLayer(layer, shapes[index] as LayerShape, added, arena);
    });
    this.#nativeBytes = (shapes[0] as LayerShape).inputBytes_;
    const put = (taps: Four['taps']) => {
      const at = arena.take(VECTOR_BYTES);
      new Int16Array(arena.bytes.buffer, at).set(taps);
      return at;
    };
    this.#fours = foursOf(scale).map(({ first, taps }) => ({ first, taps: put(taps) }));
    this.#greenTaps = put([-FROM_RED, -FROM_BLUE, 0, 0]);
    this.#planes = scale.down > 1 ? 3 : this.#isLuma ? 2 : 0;
    this.#afterWeights = arena.end;
  }

  /** RGBA bytes in and out; the result is opaque. Sides are multiples of the scale's `down`. */
  enlargeBytes(pixels: PixelBytes, height: number, width: number): PixelBytes {
    const { up, down } = this.scale;
    const [rows, blocks] = [height / down, width / down];
    const room = this.layOut_(blocks);
    const result = new Uint8ClampedArray(4 * rows * blocks * up ** 2);
    const rowBytes = result.length / rows;
    runRows(
      rows,
      room.rings_,
      room.zeros_,
      (y) => this.#read(y, pixels, blocks, room),
      (index, from, to) => this.#convolve(index, from, to, blocks, room),
      (y) => {
        this.#finish(y, rows, blocks, room);
        const { bytes } = this.#arena;
        result.set(bytes.subarray(room.result_, room.result_ + rowBytes), y * rowBytes);
      },
    );
    return result;
  }

  #read(y: number, pixels: PixelBytes, blocks: number, room: Room): void {
    const { down } = this.scale;
    const { bytes } = this.#arena;
    const native = room.native(y) + this.#nativeBytes;
    const sourceBytes = 4 * down * blocks;
    for (let row = 0; row < down; row++) {
      const at = y * down + row;
      bytes.set(pixels.subarray(at * sourceBytes, (at + 1) * sourceBytes), room.source);
      const planes = room.planes_(at);
      this.#kernels.readRow(
        room.source,
        native + (row * this.#nativeBytes) / down,
        this.#nativeBytes,
        planes + INSET_BYTES,
        room.laneBytes_,
        blocks,
        down,
        this.#isLuma,
      );
      this.#repeatEdges(planes, blocks, room);
    }
    bytes.fill(0, native + blocks * this.#nativeBytes, native + (blocks + 1) * this.#nativeBytes);
  }

  /** Beyond an edge, all pixels of a block are the picture's last one. */
  #repeatEdges(planes: number, blocks: number, { laneBytes_: laneBytes }: Room): void {
    const lanes = new Int16Array(this.#arena.bytes.buffer);
    const count = this.#planes;
    const perPlane = laneBytes / LANE_BYTES;
    const first = (planes + INSET_BYTES) / LANE_BYTES;
    for (let row = 0; row < count * this.scale.down; row++) {
      const own = first + row * perPlane;
      const left = first + (row % count) * perPlane;
      const right = left + count * (this.scale.down - 1) * perPlane + blocks - 1;
      lanes.fill(lanes[left] as number, own - INSET_BLOCKS, own);
      lanes.fill(lanes[right] as number, own + blocks, own + blocks + INSET_BLOCKS);
    }
  }

  #convolve(index: number, from: number[], to: number, blocks: number, room: Room): void {
    const { numbers, outputBytes_ } = this.#layers[index] as PlacedLayer;
    const outside = room.outside_[index] as number;
    const out = to + outputBytes_;
    const [above, own, below] = from.map((row) => (row === room.zeros_ ? outside : row)) as [
      number,
      number,
      number,
    ];
    (this.#convolutions[index] as Convolve)(above, own, below, numbers, out, blocks);
    // The last block of pixels went on beyond the row's end.
    const next = this.#layers[index + 1];
    if (next) this.#arena.bytes.set(next.outside, out + blocks * outputBytes_);
  }

  /** All rows of the result that a row of blocks gives, in the order of the picture. */
  #finish(y: number, rows: number, blocks: number, room: Room): void {
    const { up, down } = this.scale;
    const isWhole = down === 1;
    const {
      laneBytes_: laneBytes,
      zeros_: zeros,
      result_: result,
      tall_: tall,
      wide_: wide,
    } = room;
    const { outputBytes_ } = this.#layers.at(-1) as PlacedLayer;
    const sums = (room.rings_.at(-1) as Rows)(y) + outputBytes_;
    const native = isWhole ? room.native(y) + this.#nativeBytes : zeros;
    const rowVectors = laneBytes / VECTOR_BYTES;
    for (const [row, { first, taps }] of this.#fours.entries()) {
      if (this.#planes) {
        const from = [0, 1, 2, 3].map((tap) =>
          room.planes_(Math.min(Math.max(y * down + first + tap, 0), rows * down - 1)),
        );
        this.#weigh(from, taps, tall, rowVectors * this.#planes * down, 0);
      }
      for (const [sub, four] of this.#fours.entries()) {
        if (this.#planes) this.#enlarge(four, room);
        this.#kernels.finishRow(
          sums + (row * up + sub) * LANE_BYTES,
          outputBytes_,
          this.#isLuma ? 0 : up ** 2 * LANE_BYTES,
          native,
          isWhole ? this.#nativeBytes : 0,
          this.#planes ? wide + INSET_BYTES : zeros,
          this.#planes ? laneBytes : 0,
          result + 4 * (row * up * blocks + sub),
          4 * up,
          blocks,
        );
      }
    }
  }

  /** Enlarge the planes along their rows, for one sub-pixel of each block. */
  #enlarge({ first, taps }: PlacedFour, { tall_: tall, wide_: wide, laneBytes_: laneBytes }: Room) {
    const { down } = this.scale;
    const from = [0, 1, 2, 3].map((tap) => {
      const block = Math.floor((first + tap) / down);
      const pixel = first + tap - block * down;
      return tall + INSET_BYTES + pixel * this.#planes * laneBytes + LANE_BYTES * block;
    });
    const vectors = laneBytes / VECTOR_BYTES;
    this.#weigh(from, taps, wide + INSET_BYTES, vectors * this.#planes, 1);
    if (this.#planes === 3) return;
    const [red, blue] = [wide + INSET_BYTES, wide + INSET_BYTES + laneBytes];
    const green = blue + laneBytes;
    this.#kernels.weigh(red, blue, red, blue, this.#greenTaps, green, vectors, 511, 10);
  }

  #weigh(from: number[], taps: number, out: number, vectors: number, axis: 0 | 1): void {
    const [a, b, c, d] = from as [number, number, number, number];
    const shift = SHIFTS[axis];
    this.#kernels.weigh(a, b, c, d, taps, out, vectors, 1 << (shift - 1), shift);
  }

  /** Give everything that depends on a picture's width its place, and fill it with zeros. */
  layOut_(blocks: number) {
    const arena = this.#arena;
    const { up, down } = this.scale;
    arena.end = this.#afterWeights;
    const pixels = blocks + 2 + MOST_PIXELS;
    const widest = Math.max(...this.#layers.map(({ inputBytes_ }) => inputBytes_));
    // Planes that lie one behind the other are read beyond their ends by some blocks.
    const laneBytes =
      VECTOR_BYTES * Math.ceil((2 * INSET_BYTES + LANE_BYTES * blocks) / VECTOR_BYTES);
    const planesBytes = laneBytes * (this.#planes * down + 1);
    // The anchor and bicubic wait until the last layer has come as far.
    const waiting = this.#layers.length + WAITING_ROWS;
    const native = ring(arena, pixels * this.#nativeBytes, waiting);
    const room = {
      laneBytes_: laneBytes,
      zeros_: arena.take(pixels * widest),
      /** Rows outside the picture, as each layer reads them. */
      outside_: this.#layers.map(({ inputBytes_ }) => arena.take(pixels * inputBytes_)),
      native,
      /** What each layer reads, and behind them what the last one writes. */
      rings_: [
        native,
        ...this.#layers.map(({ outputBytes_ }) => ring(arena, pixels * outputBytes_, KEPT_ROWS)),
      ],
      source: arena.take(4 * down * blocks),
      planes_: ring(arena, planesBytes, waiting * down),
      /** Planes enlarged along their columns, and in both directions. */
      tall_: arena.take(planesBytes),
      wide_: arena.take(laneBytes * 4),
      result_: arena.take(4 * pixels * up ** 2),
    };
    arena.bytes.fill(0, this.#afterWeights);
    for (const [index, { outside }] of this.#layers.entries()) {
      const row = room.outside_[index] as number;
      for (let x = 0; x < blocks + 2; x++) arena.bytes.set(outside, row + x * outside.length);
      for (let y = 0; y < KEPT_ROWS; y++) {
        if (index) arena.bytes.set(outside, (room.rings_[index] as Rows)(y));
      }
    }
    return room;
  }
}
