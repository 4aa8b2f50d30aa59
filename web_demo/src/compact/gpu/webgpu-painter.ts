import type { Work } from '../../core/engine';
import { Exhausted } from '../../core/engine';
import type { ColorSpace } from '../../core/picture';
import { enlargedSize, type Size } from '../../core/scale';
import type { Span } from '../../tiles/tiling';
import { eachTile } from '../../tiles/upscale';
import type { GpuNetwork } from './layout';
import type { Dispatch, Gpu } from './webgpu-device';
import { assembled, type Dialect, prepared, SCAN } from './wgsl';

/** Buffers for tiles of one size, and how what is in `image` becomes what is in `last`. */
export type Planes = {
  size: GPUBufferBinding;
  image: GPUBuffer;
  last: GPUBuffer;
  chain: Dispatch[];
};

/** A picture being painted. */
type Painting = {
  source: GPUTexture;
  canvas: OffscreenCanvas;
  context: GPUCanvasContext;
  target: GPUTextureView;
  /** Which tile it is. */
  place: GPUBuffer;
  /** Set where a pixel is not opaque. It is all that is read back. */
  flag: GPUBuffer;
};

/** Where a tile lies: six numbers, in blocks. */
const PLACE_BYTES = 24;

/**
 * What failed once is not tried again, not even when the engine is opened anew: bytes need less of the
 * browser. Where it cannot share a canvas's memory, painting takes the whole device away.
 */
let isGivenUp = false;

/** Enlarges bitmaps on the GPU, from a texture to a canvas. */
export class Painter {
  readonly #gpu: Gpu;
  readonly #network: Pick<GpuNetwork, 'scale' | 'colour'>;
  readonly #dialect: Dialect;
  readonly #planesFor: (height: number, width: number) => Planes;

  constructor(
    gpu: Gpu,
    network: Pick<GpuNetwork, 'scale' | 'colour'>,
    dialect: Dialect,
    planesFor: (height: number, width: number) => Planes,
  ) {
    this.#gpu = gpu;
    this.#network = network;
    this.#dialect = dialect;
    this.#planesFor = planesFor;
  }

  async paint(
    bitmap: ImageBitmap,
    colorSpace: ColorSpace,
    work: Work,
  ): Promise<ImageBitmap | undefined> {
    const { width, height } = bitmap;
    const full = enlargedSize(bitmap, this.#network.scale);
    const { maxTextureDimension2D } = this.#gpu.device.limits;
    if (isGivenUp || Math.max(full.width, full.height) > maxTextureDimension2D) return undefined;
    let painting: Painting | undefined;
    try {
      const opened = await this.#accepted(() => {
        painting = this.#open(bitmap, colorSpace, work.size ?? full);
        return painting;
      });
      if (!(await this.#accepted(() => this.#isOpaque(opened, height, width)))) return undefined;
      const tile = (row: Span, column: Span) =>
        this.#accepted(() => this.#tile(opened, row, column));
      await eachTile(bitmap, work, tile, 1);
      const painted = opened.canvas.transferToImageBitmap();
      bitmap.close();
      return painted;
    } catch (error) {
      isGivenUp ||= error instanceof Refused || error instanceof Exhausted;
      if (error instanceof Refused) return undefined;
      throw error;
    } finally {
      painting?.context.unconfigure();
      painting?.source.destroy();
      painting?.place.destroy();
      painting?.flag.destroy();
    }
  }

  /** @param full - the size of the result: what is painted beyond it is lost. */
  #open(bitmap: ImageBitmap, colorSpace: ColorSpace, full: Size): Painting {
    const gpu = this.#gpu;
    const { width, height } = bitmap;
    const { TEXTURE_BINDING, COPY_DST, RENDER_ATTACHMENT, STORAGE_BINDING } = GPUTextureUsage;
    const { UNIFORM, STORAGE, COPY_SRC } = GPUBufferUsage;
    const canvas = new OffscreenCanvas(full.width, full.height);
    const context = canvas.getContext('webgpu');
    if (!context) throw new Refused();
    const common = { device: gpu.device, format: 'rgba8unorm', colorSpace } as const;
    context.configure({ ...common, usage: STORAGE_BINDING, alphaMode: 'opaque' });
    const source = gpu.device.createTexture({
      size: [width, height],
      format: 'rgba8unorm',
      usage: TEXTURE_BINDING | COPY_DST | RENDER_ATTACHMENT,
    });
    gpu.device.queue.copyExternalImageToTexture(
      { source: bitmap },
      { texture: source, colorSpace, premultipliedAlpha: false },
      [width, height],
    );
    return {
      source,
      canvas,
      context,
      target: context.getCurrentTexture().createView(),
      place: gpu.buffer(PLACE_BYTES, UNIFORM | GPUBufferUsage.COPY_DST),
      flag: gpu.buffer(4, STORAGE | COPY_SRC),
    };
  }

  async #isOpaque({ source, flag }: Painting, height: number, width: number): Promise<boolean> {
    const gpu = this.#gpu;
    const scan = gpu.dispatch(gpu.pipeline(SCAN), [source.createView(), { buffer: flag }]);
    const [isTransparent] = await gpu.run([scan], height, width, flag);
    return !isTransparent;
  }

  async #tile(painting: Painting, row: Span, column: Span): Promise<void> {
    const gpu = this.#gpu;
    const { colour, scale } = this.#network;
    const { source, target, flag } = painting;
    const height = row.readEnd_ - row.readStart_;
    const width = column.readEnd_ - column.readStart_;
    const { size, image, last, chain } = this.#planesFor(height, width);
    const [from, sums, place] = [{ buffer: image }, { buffer: last }, { buffer: painting.place }];
    const read = [column.readStart_, row.readStart_];
    const keep = [column.keepStart_, row.keepStart_, column.keepEnd_, row.keepEnd_];
    const blocks = [...read, ...keep].map((px) => px / scale.down);
    gpu.device.queue.writeBuffer(place.buffer, 0, new Uint32Array(blocks));
    const texture = source.createView();
    const prepare = gpu.pipeline(prepared(this.#dialect, colour, scale, 'texture'));
    const assemble = gpu.pipeline(assembled(this.#dialect, colour, scale, 'texture'));
    const first = gpu.dispatch(prepare, [size, texture, from, place]);
    const end = gpu.dispatch(assemble, [size, from, sums, target, place]);
    await gpu.run([first, ...chain, end], height / scale.down, width / scale.down, flag);
  }

  /**
   * Do what the browser may refuse though it computes with bytes: storage in a canvas, or in one that
   * it has taken away since the tile before.
   */
  async #accepted<T>(task: () => T | Promise<T>): Promise<T> {
    const { device } = this.#gpu;
    device.pushErrorScope('validation'); // open until the task first waits: it catches no other's
    const started = begin(task);
    const complaint = device.popErrorScope().catch(() => null); // a lost device says so itself
    const result = await started;
    if (await complaint) throw new Refused();
    return result;
  }
}

/** The browser does not paint; it may compute with bytes. */
class Refused extends Error {}

async function begin<T>(task: () => T | Promise<T>): Promise<T> {
  let begun: T | Promise<T>;
  try {
    begun = task();
  } catch (error) {
    throw error instanceof Exhausted ? error : new Refused();
  }
  return begun;
}
