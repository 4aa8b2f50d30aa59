import { Exhausted } from '../../core/engine';
import type { PixelBytes } from '../../core/picture';
import { GROUP } from './wgsl';

/** A program with what it reads and writes. */
export type Dispatch = {
  pipeline: GPUComputePipeline;
  group: GPUBindGroup;
  /** Rows of pixels that an invocation does. */
  rows: number;
};

/** A device, and what went wrong with it: WebGPU goes on after errors, with zeros. */
export class Gpu {
  readonly device: GPUDevice;
  readonly #pipelines = new Map<string, GPUComputePipeline>();
  #lost: string | undefined;
  #trouble: Error | undefined;

  constructor(device: GPUDevice) {
    this.device = device;
    device.addEventListener('uncapturederror', ({ error }) => {
      const isFull =
        error instanceof GPUOutOfMemoryError || /out of memory|allocat/i.test(error.message);
      this.#trouble = isFull ? new Exhausted(error.message) : new Error(error.message);
    });
    void device.lost.then(({ message }) => {
      this.#lost = `the WebGPU device was lost: ${message}`;
    });
  }

  /** A buffer of zeros. */
  buffer(size: number, usage: number): GPUBuffer {
    const { maxBufferSize, maxStorageBufferBindingSize } = this.device.limits;
    if (size > Math.min(maxBufferSize, maxStorageBufferBindingSize)) {
      throw new Exhausted(`out of memory: WebGPU allows no buffer of ${size} bytes here`);
    }
    return this.device.createBuffer({ size, usage });
  }

  filled(values: Float32Array | Uint32Array, usage: number): GPUBuffer {
    const buffer = this.buffer(values.byteLength, usage | GPUBufferUsage.COPY_DST);
    this.device.queue.writeBuffer(buffer, 0, values as Float32Array<ArrayBuffer>);
    return buffer;
  }

  /** One pipeline for all that have the same text. */
  pipeline(code: string): GPUComputePipeline {
    const known = this.#pipelines.get(code);
    if (known) return known;
    const module = this.device.createShaderModule({ code });
    const made = this.device.createComputePipeline({ layout: 'auto', compute: { module } });
    this.#pipelines.set(code, made);
    return made;
  }

  dispatch(pipeline: GPUComputePipeline, bound: GPUBindingResource[], rows = 1): Dispatch {
    const group = this.device.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: bound.map((resource, binding) => ({ binding, resource })),
    });
    return { pipeline, group, rows };
  }

  /**
   * Run over every pixel of a picture, all in one submission; the bytes of `result` after it.
   *
   * @throws Exhausted when memory ran out or the device was lost.
   */
  async run(
    dispatches: Dispatch[],
    height: number,
    width: number,
    result: GPUBuffer,
  ): Promise<PixelBytes> {
    const { device } = this;
    const { MAP_READ, COPY_DST } = GPUBufferUsage;
    const staging = device.createBuffer({ size: result.size, usage: MAP_READ | COPY_DST });
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    for (const { pipeline, group, rows } of dispatches) {
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, group);
      pass.dispatchWorkgroups(Math.ceil(width / GROUP.x), Math.ceil(height / (rows * GROUP.y)));
    }
    pass.end();
    encoder.copyBufferToBuffer(result, 0, staging, 0, result.size);
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
}
