import { type Enlarged, type Enlarger, Exhausted } from '../engine';
import { range, stepsOf } from './layout';
import type { ChainNetwork } from './network';
import { assembled, convolution, GROUP, prepared } from './wgsl';

export type GpuSettings = { half: boolean; rows: number; vectors: number };

type Pass = { pipeline: GPUComputePipeline; weights: GPUBuffer; depth: number; rows: number };

type Space = {
  height: number;
  width: number;
  input: GPUBuffer;
  output: GPUBuffer;
  staging: GPUBuffer;
  buffers: GPUBuffer[];
  work: { pipeline: GPUComputePipeline; group: GPUBindGroup; counts: [number, number, number] }[];
};

export class WebgpuEnlarger implements Enlarger {
  readonly #device: GPUDevice;
  readonly #scale: number;
  readonly #half: boolean;
  readonly #planes: number;
  readonly #native: number;
  readonly #passes: Pass[] = [];
  readonly #prepare: GPUComputePipeline;
  readonly #assemble: GPUComputePipeline;
  #space: Space | undefined;
  trouble: string | undefined;

  constructor(device: GPUDevice, network: ChainNetwork, settings: GpuSettings) {
    const { scale, colour } = network;
    this.#device = device;
    this.#scale = scale;
    this.#half = settings.half;
    this.#native = colour === 'luma' ? 4 : 3;
    const steps = stepsOf(network);
    const pipelines = new Map<string, GPUComputePipeline>();
    const compile = (code: string) => {
      const made =
        pipelines.get(code) ??
        device.createComputePipeline({
          layout: 'auto',
          compute: { module: device.createShaderModule({ code }) },
        });
      pipelines.set(code, made);
      return made;
    };
    const features = settings.half ? 'f16' : 'f32';
    for (const [index, step] of steps.entries()) {
      const depth = Math.ceil(step.targets / settings.vectors);
      const vectors = step.targets / depth;
      const weights =
        step.values.byteLength <= device.limits.maxUniformBufferBindingSize
          ? ('uniform' as const)
          : ('storage, read' as const);
      const rows = settings.rows;
      const from = index === 0 ? 'f32' : features;
      const code = convolution({ step, vectors, rows, from, to: features, weights });
      const usage = weights === 'uniform' ? GPUBufferUsage.UNIFORM : GPUBufferUsage.STORAGE;
      const pass = { pipeline: compile(code), weights: this.#filled(step.values, usage), depth, rows };
      this.#passes.push(pass);
    }
    this.#planes = 4 * Math.max(...steps.map(({ targets }) => targets));
    this.#prepare = compile(prepared(colour));
    this.#assemble = compile(assembled(colour, scale, features));
    device.addEventListener('uncapturederror', ({ error }) => {
      this.trouble ??= error.message;
    });
  }

  async run(pixels: Float32Array, height: number, width: number): Promise<Enlarged> {
    const device = this.#device;
    const { input, output, staging, work } = this.#spaceFor(height, width);
    device.queue.writeBuffer(input, 0, pixels as Float32Array<ArrayBuffer>);
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    for (const { pipeline, group, counts } of work) {
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, group);
      pass.dispatchWorkgroups(...counts);
    }
    pass.end();
    encoder.copyBufferToBuffer(output, 0, staging, 0, output.size);
    device.queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ);
    const data = new Float32Array(staging.getMappedRange().slice(0));
    staging.unmap();
    if (this.trouble) throw new Exhausted(this.trouble);
    return { data, height: height * this.#scale, width: width * this.#scale, channels: 3 };
  }

  #spaceFor(height: number, width: number): Space {
    if (this.#space?.height === height && this.#space.width === width) return this.#space;
    for (const buffer of this.#space?.buffers ?? []) buffer.destroy();
    const device = this.#device;
    const { STORAGE, COPY_DST, COPY_SRC, UNIFORM, MAP_READ } = GPUBufferUsage;
    const rows = Math.max(...this.#passes.map((pass) => pass.rows));
    const stride = width + 2;
    const plane = stride * (rows * Math.ceil(height / rows) + 2);
    const buffers: GPUBuffer[] = [];
    const make = (size: number, usage: number) => {
      const buffer = device.createBuffer({ size: 4 * Math.ceil(size / 4), usage });
      buffers.push(buffer);
      return buffer;
    };
    const enlarged = height * width * this.#scale ** 2 * 12;
    const input = make(height * width * 12, STORAGE | COPY_DST);
    const image = make(plane * this.#native * 4, STORAGE);
    const features = range(2).map(() => make(plane * this.#planes * (this.#half ? 2 : 4), STORAGE));
    const output = make(enlarged, STORAGE | COPY_SRC);
    const staging = make(enlarged, MAP_READ | COPY_DST);
    const size = this.#filled(new Uint32Array([height, width, stride, plane]), UNIFORM);
    buffers.push(size);
    const bind = (pipeline: GPUComputePipeline, resources: GPUBuffer[], rows = 1, depth = 1) => ({
      pipeline,
      group: device.createBindGroup({
        layout: pipeline.getBindGroupLayout(0),
        entries: resources.map((buffer, binding) => ({ binding, resource: { buffer } })),
      }),
      counts: [
        Math.ceil(width / GROUP[0]),
        Math.ceil(height / (rows * GROUP[1])),
        depth,
      ] as [number, number, number],
    });
    const work = [bind(this.#prepare, [size, input, image])];
    let from = image;
    for (const [index, { pipeline, weights, depth, rows }] of this.#passes.entries()) {
      const to = features[index % 2] as GPUBuffer;
      work.push(bind(pipeline, [size, weights, from, to], rows, depth));
      from = to;
    }
    work.push(bind(this.#assemble, [size, image, from, output]));
    this.#space = { height, width, input, output, staging, buffers, work };
    return this.#space;
  }

  #filled(values: Float32Array | Uint32Array, usage: number): GPUBuffer {
    const buffer = this.#device.createBuffer({
      size: values.byteLength,
      usage: usage | GPUBufferUsage.COPY_DST,
    });
    this.#device.queue.writeBuffer(buffer, 0, values as Float32Array<ArrayBuffer>);
    return buffer;
  }

  dispose(): void {
    this.#device.destroy();
  }
}
