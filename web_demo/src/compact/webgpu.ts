import { type Enlarged, type Enlarger, Exhausted, type PixelBytes } from '../engine';
import { floatsOf, sliceOf, stepsOf } from './layout';
import type { ChainNetwork } from './network';
import type { Precision } from './precision';
import { assembled, convolution, GROUP, prepared, ROWS, type Source } from './wgsl';

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

/** Buffers for pictures of one size, and what is done with them. */
type Space = {
  height: number;
  width: number;
  input: GPUBuffer;
  output: GPUBuffer;
  all: GPUBuffer[];
  prepare: Record<Source, Work>;
  rest: Work[];
};

type Work = { pipeline: GPUComputePipeline; group: GPUBindGroup; rows: number };

type Bound = { buffer: GPUBuffer; offset?: number };

/** Vectors of outputs of one dispatch: with ROWS rows, 64 sums an invocation. */
const MOST_VECTORS = 4;

/** Planes begin at multiples of this, so that a buffer can be bound from any vector of planes on. */
const ALIGN = 64;

/**
 * Runs a network with compute shaders. Features lie in planes; an invocation computes up to 16
 * channels of 4 pixels, so that each weight it reads serves 4 of them.
 */
export class WebgpuEnlarger implements Enlarger {
  readonly #device: GPUDevice;
  readonly #scale: number;
  readonly #featureBytes: number;
  /** Planes of the input, of the features, and of the last layer's outputs. */
  readonly #planes: { image: number; features: number; last: number };
  readonly #passes: Pass[] = [];
  readonly #pipelines = new Map<string, GPUComputePipeline>();
  readonly #prepare: Record<Source, GPUComputePipeline>;
  readonly #assemble: GPUComputePipeline;
  #space: Space | undefined;
  #lost: string | undefined;
  #trouble: Error | undefined;

  constructor(device: GPUDevice, network: ChainNetwork, precision: Precision) {
    const { scale, colour } = network;
    this.#device = device;
    this.#scale = scale;
    this.#featureBytes = precision === 'float16' ? 2 : 4;
    // WebGPU goes on after errors, with zeros: remember them until someone asks.
    device.addEventListener('uncapturederror', ({ error }) => {
      const isFull =
        error instanceof GPUOutOfMemoryError || /out of memory|allocat/i.test(error.message);
      this.#trouble = isFull ? new Exhausted(error.message) : new Error(error.message);
    });
    void device.lost.then(({ message }) => {
      this.#lost = `the WebGPU device was lost: ${message}`;
    });
    const steps = stepsOf(network);
    const last = steps.length - 1;
    const widest = Math.max(...steps.slice(0, last).map(({ vectors }) => vectors));
    this.#planes = {
      image: colour === 'luma' ? 4 : 3,
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
          pipeline: this.#pipeline(convolution({ step: part, from, to, weights })),
          weights: this.#filled(
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
      floats: this.#pipeline(prepared(colour, 'floats')),
      bytes: this.#pipeline(prepared(colour, 'bytes')),
    };
    this.#assemble = this.#pipeline(assembled(colour, scale));
  }

  async run(pixels: Float32Array, height: number, width: number): Promise<Enlarged> {
    const bytes = await this.#enlarge(pixels, 'floats', height, width);
    const data = floatsOf(bytes);
    return { data, height: height * this.#scale, width: width * this.#scale, channels: 3 };
  }

  runBytes(pixels: PixelBytes, height: number, width: number): Promise<PixelBytes> {
    return this.#enlarge(pixels, 'bytes', height, width);
  }

  dispose(): void {
    this.#device.destroy();
  }

  async #enlarge(
    pixels: Float32Array | PixelBytes,
    source: Source,
    height: number,
    width: number,
  ): Promise<PixelBytes> {
    const device = this.#device;
    const { input, output, prepare, rest } = this.#spaceFor(height, width);
    const { MAP_READ, COPY_DST } = GPUBufferUsage;
    const staging = device.createBuffer({ size: output.size, usage: MAP_READ | COPY_DST });
    device.queue.writeBuffer(input, 0, pixels as PixelBytes);
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    for (const { pipeline, group, rows } of [prepare[source], ...rest]) {
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, group);
      pass.dispatchWorkgroups(Math.ceil(width / GROUP.x), Math.ceil(height / (rows * GROUP.y)));
    }
    pass.end();
    encoder.copyBufferToBuffer(output, 0, staging, 0, output.size);
    device.queue.submit([encoder.finish()]);
    try {
      await staging.mapAsync(GPUMapMode.READ);
      if (this.#trouble) throw this.#trouble;
      return new Uint8ClampedArray(staging.getMappedRange().slice(0));
    } catch (error) {
      // What is said of a buffer of a lost device or after a failure is not what went wrong.
      await Promise.race([device.lost, new Promise((resolve) => setTimeout(resolve))]);
      if (this.#lost) throw new Exhausted(this.#lost);
      throw this.#trouble ?? error;
    } finally {
      staging.destroy();
    }
  }

  #spaceFor(height: number, width: number): Space {
    if (this.#space?.height === height && this.#space.width === width) return this.#space;
    for (const buffer of this.#space?.all ?? []) buffer.destroy();
    this.#space = undefined;
    const { STORAGE, COPY_DST, COPY_SRC, UNIFORM } = GPUBufferUsage;
    const stride = width + 2;
    const plane = ALIGN * Math.ceil((stride * (ROWS * Math.ceil(height / ROWS) + 2)) / ALIGN);
    const { image: native, features: wide, last: planes } = this.#planes;
    const all: GPUBuffer[] = [];
    const make = (size: number, usage = STORAGE) => {
      all.push(this.#buffer(size, usage));
      return all.at(-1) as GPUBuffer;
    };
    const input = make(height * width * 12, STORAGE | COPY_DST);
    const output = make(height * width * this.#scale ** 2 * 4, STORAGE | COPY_SRC);
    const image = make(native * plane * 4);
    const last = make(planes * plane * 4);
    const features = [1, 2].map(() => make(wide * plane * this.#featureBytes));
    const size = { buffer: this.#filled(new Uint32Array([height, width, stride, plane]), UNIFORM) };
    all.push(size.buffer);
    const rest: Work[] = [];
    let [from, to, other] = [image, ...features] as [GPUBuffer, GPUBuffer, GPUBuffer];
    for (const { pipeline, weights, first, isLast, isDone } of this.#passes) {
      const target = isLast ? last : to;
      const offset = 4 * first * plane * (isLast ? 4 : this.#featureBytes);
      const bound = [size, { buffer: weights }, { buffer: from }, { buffer: target, offset }];
      rest.push(this.#work(pipeline, bound, ROWS));
      if (isDone) [from, to, other] = [to, other, to];
    }
    const ends = [image, last, output].map((buffer) => ({ buffer }));
    rest.push(this.#work(this.#assemble, [size, ...ends]));
    const starts = [size, { buffer: input }, { buffer: image }];
    const prepare = {
      floats: this.#work(this.#prepare.floats, starts),
      bytes: this.#work(this.#prepare.bytes, starts),
    };
    this.#space = { height, width, input, output, all, prepare, rest };
    return this.#space;
  }

  #work(pipeline: GPUComputePipeline, bound: Bound[], rows = 1): Work {
    const group = this.#device.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: bound.map((resource, binding) => ({ binding, resource })),
    });
    return { pipeline, group, rows };
  }

  /** A buffer of zeros. */
  #buffer(size: number, usage: number): GPUBuffer {
    const { maxBufferSize, maxStorageBufferBindingSize } = this.#device.limits;
    if (size > Math.min(maxBufferSize, maxStorageBufferBindingSize)) {
      throw new Exhausted(`out of memory: WebGPU allows no buffer of ${size} bytes here`);
    }
    return this.#device.createBuffer({ size, usage });
  }

  #filled(values: Float32Array | Uint32Array, usage: number): GPUBuffer {
    const buffer = this.#buffer(values.byteLength, usage | GPUBufferUsage.COPY_DST);
    this.#device.queue.writeBuffer(buffer, 0, values as Float32Array<ArrayBuffer>);
    return buffer;
  }

  /** One pipeline for all passes that have the same text. */
  #pipeline(code: string): GPUComputePipeline {
    const known = this.#pipelines.get(code);
    if (known) return known;
    const module = this.#device.createShaderModule({ code });
    const made = this.#device.createComputePipeline({ layout: 'auto', compute: { module } });
    this.#pipelines.set(code, made);
    return made;
  }
}
