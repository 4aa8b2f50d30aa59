import type { Enlarged, Enlarger, Work } from '../../core/engine';
import type { ColorSpace, PixelBytes } from '../../core/picture';
import { enlargedSize, type Scale } from '../../core/scale';
import { floatsOf, type GpuNetwork, sliceOf } from './layout';
import type { Precision } from './precision';
import { type Dispatch, Gpu } from './webgpu-device';
import { Painter, type Planes } from './webgpu-painter';
import { assembled, convolution, type Dialect, imagePlanes, prepared, ROWS } from './wgsl';

/** One dispatch of a convolution. */
type Pass = {
  pipeline: GPUComputePipeline;
  weights: GPUBuffer;
  /** The first of the layer's vectors that it writes. */
  first: number;
  isLast: boolean;
  /** Whether the layer is complete, so that the next pass reads it. */
  isDone: boolean;
};

/** Where pictures in main memory come from. */
type Source = 'floats' | 'bytes';

/** Buffers for pictures of one size, and what is done with them. */
type Space = Planes & {
  height: number;
  width: number;
  input: GPUBuffer;
  output: GPUBuffer;
  all: GPUBuffer[];
  prepare: Record<Source, Dispatch>;
  assemble: Dispatch;
};

/** Vectors of outputs of one dispatch: with ROWS rows, 64 sums an invocation. */
const MOST_VECTORS = 4;

/** Planes begin at multiples of this, so that a buffer can be bound from any vector of planes on. */
const ALIGN = 64;

/**
 * Runs a network with compute shaders. Features lie in planes; an invocation computes up to 16
 * channels of 4 pixels, so that each weight it reads serves 4 of them.
 */
export class WebgpuEnlarger implements Enlarger {
  readonly #gpu: Gpu;
  readonly #scale: Scale;
  readonly #featureBytes: number;
  /** Planes of the input, of the features, and of the last layer's outputs. */
  readonly #planes: { image: number; features: number; last: number };
  readonly #passes: Pass[] = [];
  readonly #prepare: Record<Source, GPUComputePipeline>;
  readonly #assemble: GPUComputePipeline;
  readonly #painter: Painter;
  #space: Space | undefined;

  constructor(device: GPUDevice, network: GpuNetwork, dialect: Dialect, precision: Precision) {
    const { scale, colour, steps } = network;
    this.#gpu = new Gpu(device);
    this.#scale = scale;
    this.#featureBytes = precision === 'float16' ? 2 : 4;
    const last = steps.length - 1;
    const widest = Math.max(...steps.slice(0, last).map(({ vectors }) => vectors));
    this.#planes = {
      image: imagePlanes(colour, scale),
      features: 4 * widest,
      last: 4 * (steps[last]?.vectors ?? 0),
    };
    const features = precision === 'float16' ? 'f16' : 'f32';
    for (const [index, step] of steps.entries()) {
      const [from, to] = [
        index === 0 ? 'f32' : features,
        index === last ? 'f32' : features,
      ] as const;
      for (let first = 0; first < step.vectors; first += MOST_VECTORS) {
        const end = Math.min(step.vectors, first + MOST_VECTORS);
        const part = sliceOf(step, first, end);
        const fits = part.values.byteLength <= device.limits.maxUniformBufferBindingSize;
        const weights = fits ? 'uniform' : 'storage, read';
        this.#passes.push({
          pipeline: this.#gpu.pipeline(convolution({ dialect, step: part, from, to, weights })),
          weights: this.#gpu.filled(
            part.values,
            fits ? GPUBufferUsage.UNIFORM : GPUBufferUsage.STORAGE,
          ),
          first,
          isLast: index === last,
          isDone: end === step.vectors,
        });
      }
    }
    this.#prepare = {
      floats: this.#gpu.pipeline(prepared(dialect, colour, scale, 'floats')),
      bytes: this.#gpu.pipeline(prepared(dialect, colour, scale, 'bytes')),
    };
    this.#assemble = this.#gpu.pipeline(assembled(dialect, colour, scale, 'bytes'));
    this.#painter = new Painter(this.#gpu, network, dialect, (...size) => this.#spaceFor(...size));
  }

  async run(pixels: Float32Array, height: number, width: number): Promise<Enlarged> {
    const bytes = await this.#enlarge(pixels, 'floats', height, width);
    const data = floatsOf(bytes);
    return { data, ...enlargedSize({ height, width }, this.#scale), channels: 3 };
  }

  runBytes(pixels: PixelBytes, height: number, width: number): Promise<PixelBytes> {
    return this.#enlarge(pixels, 'bytes', height, width);
  }

  paint(bitmap: ImageBitmap, colorSpace: ColorSpace, work: Work): Promise<ImageBitmap | undefined> {
    return this.#painter.paint(bitmap, colorSpace, work);
  }

  dispose(): void {
    this.#gpu.device.destroy();
  }

  async #enlarge(
    pixels: Float32Array | PixelBytes,
    source: Source,
    height: number,
    width: number,
  ): Promise<PixelBytes> {
    const { input, output, prepare, chain, assemble } = this.#spaceFor(height, width);
    this.#gpu.device.queue.writeBuffer(input, 0, pixels as PixelBytes);
    const { down } = this.#scale;
    const dispatches = [prepare[source], ...chain, assemble];
    return this.#gpu.run(dispatches, height / down, width / down, output);
  }

  #spaceFor(height: number, width: number): Space {
    if (this.#space?.height === height && this.#space.width === width) return this.#space;
    for (const buffer of this.#space?.all ?? []) buffer.destroy();
    this.#space = undefined;
    const { STORAGE, COPY_DST, COPY_SRC, UNIFORM } = GPUBufferUsage;
    const { up, down } = this.#scale;
    const [rows, columns] = [height / down, width / down];
    const stride = columns + 2;
    const plane = ALIGN * Math.ceil((stride * (ROWS * Math.ceil(rows / ROWS) + 2)) / ALIGN);
    const { image: native, features: wide, last: lasting } = this.#planes;
    const all: GPUBuffer[] = [];
    const make = (size: number, usage = STORAGE) => {
      all.push(this.#gpu.buffer(size, usage));
      return all.at(-1) as GPUBuffer;
    };
    const input = make(height * width * 12, STORAGE | COPY_DST);
    const output = make(rows * columns * up ** 2 * 4, STORAGE | COPY_SRC);
    const image = make(native * plane * 4);
    const last = make(lasting * plane * 4);
    const features = [1, 2].map(() => make(wide * plane * this.#featureBytes));
    const size = {
      buffer: this.#gpu.filled(new Uint32Array([rows, columns, stride, plane]), UNIFORM),
    };
    all.push(size.buffer);
    const chain: Dispatch[] = [];
    let [from, to, other] = [image, ...features] as [GPUBuffer, GPUBuffer, GPUBuffer];
    for (const { pipeline, weights, first, isLast, isDone } of this.#passes) {
      const target = isLast ? last : to;
      const offset = 4 * first * plane * (isLast ? 4 : this.#featureBytes);
      const bound = [size, { buffer: weights }, { buffer: from }, { buffer: target, offset }];
      chain.push(this.#gpu.dispatch(pipeline, bound, ROWS));
      if (isDone) [from, to, other] = [to, other, to];
    }
    const ends = [image, last, output].map((buffer) => ({ buffer }));
    const assemble = this.#gpu.dispatch(this.#assemble, [size, ...ends]);
    const starts = [size, { buffer: input }, { buffer: image }];
    const prepare = {
      floats: this.#gpu.dispatch(this.#prepare.floats, starts),
      bytes: this.#gpu.dispatch(this.#prepare.bytes, starts),
    };
    const planes = { size, image, last, chain };
    this.#space = { ...planes, height, width, input, output, all, prepare, assemble };
    return this.#space;
  }
}
