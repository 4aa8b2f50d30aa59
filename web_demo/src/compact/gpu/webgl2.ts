import { type Enlarged, type Enlarger, Exhausted } from '../../core/engine';
import type { PixelBytes } from '../../core/picture';
import { enlargedSize, type Scale } from '../../core/scale';
import { BORDER_PX, convolution, type Dialect, type Shape, shuffle, TABLE_WIDTH } from './glsl';
import { floatsOf, type GpuNetwork, range, type Step, sliceOf } from './layout';
import type { Precision } from './precision';
import { Programs, requireWell, UNITS } from './webgl2-programs';

/** One draw. */
type Pass = {
  program: WebGLProgram;
  weights: { block: WebGLBuffer } | { table: WebGLTexture };
  /** Which vectors of the layer it writes, or which sub-pixels of the picture. */
  first: number;
  end: number;
  isLast: boolean;
  /** Whether the layer is complete, so that the next pass reads it. */
  isDone: boolean;
};

/** Textures for pictures of one size. */
type Space = {
  height: number;
  width: number;
  isBytes: boolean;
  image: WebGLTexture;
  /** Read and written in turns. */
  features: [WebGLTexture, WebGLTexture];
  /** The enlarged picture, a layer for each sub-pixel. */
  parts: WebGLTexture;
  result: WebGLTexture;
};

/** Vectors that one draw writes: every WebGL 2 supports this many. */
const MOST_TARGETS = 4;

/** How often it is asked whether a picture is there. */
const POLL_MS = 1;

/**
 * Runs a network with fragment shaders. Features lie in texture arrays, four channels a texel; a draw
 * writes up to 16 channels, so that what it reads is read once for all of them.
 */
export class Webgl2Enlarger implements Enlarger {
  readonly #gl: WebGL2RenderingContext;
  readonly #scale: Scale;
  readonly #colour: 'luma' | 'rgb';
  readonly #dialect: Dialect;
  /** Texels that hold the features of a pixel. */
  readonly #layers: number;
  readonly #format: GLenum;
  readonly #passes: Pass[] = [];
  readonly #programs: Programs;
  readonly #shuffle: WebGLProgram;
  readonly #frame: WebGLFramebuffer;
  #space: Space | undefined;

  /** @throws Error when the driver does not compile a shader. */
  constructor(
    gl: WebGL2RenderingContext,
    network: GpuNetwork,
    dialect: Dialect,
    precision: Precision,
  ) {
    this.#gl = gl;
    this.#programs = new Programs(gl);
    this.#scale = network.scale;
    this.#dialect = dialect;
    this.#colour = network.colour;
    this.#format = precision === 'float16' ? gl.RGBA16F : gl.RGBA32F;
    this.#frame = gl.createFramebuffer();
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.#frame);
    const steps = [...network.steps];
    const last = steps.pop() as Step;
    this.#layers = Math.max(...steps.map(({ vectors }) => vectors));
    for (const [index, step] of steps.entries()) this.#addStep(step, index === 0);
    this.#addLast(last);
    this.#shuffle = this.#programs.start(shuffle(this.#scale));
    this.#programs.finish();
  }

  async run(pixels: Float32Array, height: number, width: number): Promise<Enlarged> {
    const bytes = await this.#enlarge(pixels, height, width);
    const data = floatsOf(bytes);
    return { data, ...enlargedSize({ height, width }, this.#scale), channels: 3 };
  }

  runBytes({ buffer, byteOffset, length }: PixelBytes, height: number, width: number) {
    return this.#enlarge(new Uint8Array(buffer, byteOffset, length), height, width);
  }

  dispose(): void {
    this.#gl.getExtension('WEBGL_lose_context')?.loseContext();
  }

  async #enlarge(pixels: Float32Array | Uint8Array, height: number, width: number) {
    const gl = this.#gl;
    const isBytes = pixels instanceof Uint8Array;
    requireWell(gl); // a lost context knows no limits
    const space = this.#spaceFor(height, width, isBytes);
    const { image, parts, result } = space;
    let [from, to] = space.features;
    this.#bind('image', image);
    const { down } = this.#scale;
    const border = BORDER_PX * down;
    const [format, type] = isBytes ? [gl.RGBA, gl.UNSIGNED_BYTE] : [gl.RGB, gl.FLOAT];
    gl.texSubImage2D(gl.TEXTURE_2D, 0, border, border, width, height, format, type, pixels);
    for (const { program, weights, first, end, isLast, isDone } of this.#passes) {
      this.#bind('features', from);
      if ('table' in weights) this.#bind('table', weights.table);
      else gl.bindBufferBase(gl.UNIFORM_BUFFER, 0, weights.block);
      this.#aim(range(end - first).map((i) => [isLast ? parts : to, first + i]));
      this.#draw(program, isLast ? 0 : BORDER_PX, height / down, width / down);
      if (isDone) [from, to] = [to, from];
    }
    this.#bind('features', parts);
    this.#aim([[result, 0]]);
    const full = enlargedSize({ height, width }, this.#scale);
    this.#draw(this.#shuffle, 0, full.height, full.width);
    return this.#read(full.height, full.width);
  }

  /** Attach layers of texture arrays, replacing those that were attached. */
  #aim(targets: [texture: WebGLTexture, layer: number][]): void {
    const gl = this.#gl;
    for (const i of range(MOST_TARGETS)) {
      const [texture, layer] = targets[i] ?? [null, 0];
      gl.framebufferTextureLayer(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0 + i, texture, 0, layer);
    }
    gl.drawBuffers(targets.map((_, i) => gl.COLOR_ATTACHMENT0 + i));
  }

  #draw(program: WebGLProgram, border: number, height: number, width: number): void {
    const gl = this.#gl;
    gl.useProgram(program);
    gl.viewport(border, border, width, height); // nothing outside it is drawn
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }

  /** Copy the result, and wait for it without blocking others on the thread. */
  async #read(height: number, width: number): Promise<PixelBytes> {
    const gl = this.#gl;
    const buffer = gl.createBuffer();
    gl.bindBuffer(gl.PIXEL_PACK_BUFFER, buffer);
    gl.bufferData(gl.PIXEL_PACK_BUFFER, height * width * 4, gl.STREAM_READ);
    gl.readPixels(0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, 0);
    gl.bindBuffer(gl.PIXEL_PACK_BUFFER, null);
    const fence = gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
    gl.flush();
    // A lost context answers "failed", or nothing at all.
    while (fence && gl.clientWaitSync(fence, 0, 0) === gl.TIMEOUT_EXPIRED) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    gl.deleteSync(fence);
    const bytes = new Uint8ClampedArray(height * width * 4);
    gl.bindBuffer(gl.PIXEL_PACK_BUFFER, buffer);
    gl.getBufferSubData(gl.PIXEL_PACK_BUFFER, 0, bytes);
    gl.bindBuffer(gl.PIXEL_PACK_BUFFER, null);
    gl.deleteBuffer(buffer);
    requireWell(gl);
    return bytes;
  }

  #addStep(step: Step, isFirst: boolean): void {
    for (let first = 0; first < step.vectors; ) {
      const end = Math.min(step.vectors, first + this.#mostVectors(step));
      this.#addPass({ step: sliceOf(step, first, end), isFirst }, first, end);
      first = end;
    }
    (this.#passes.at(-1) as Pass).isDone = true;
  }

  /** Sub-pixels are written by rows of them, or all four at once. */
  #addLast(step: Step): void {
    const { up } = this.#scale;
    const isLuma = this.#colour === 'luma';
    const count = up === 2 ? 4 : up;
    for (let first = 0; first < up ** 2; first += count) {
      const end = first + count;
      const part = isLuma
        ? sliceOf(step, first >> 2, ((end - 1) >> 2) + 1)
        : sliceOf(step, first, end);
      this.#addPass({ step: part, isFirst: false, ending: { first, end } }, first, end);
    }
  }

  #addPass(part: Pick<Shape, 'step' | 'isFirst' | 'ending'>, first: number, end: number): void {
    const { values } = part.step;
    const shape = {
      ...part,
      colour: this.#colour,
      scale: this.#scale,
      dialect: this.#dialect,
    };
    const fits = values.byteLength <= this.#gl.getParameter(this.#gl.MAX_UNIFORM_BLOCK_SIZE);
    this.#passes.push({
      program: this.#programs.start(convolution({ ...shape, weights: fits ? 'block' : 'table' })),
      weights: fits ? { block: this.#block(values) } : { table: this.#table(values) },
      first,
      end,
      isLast: part.ending !== undefined,
      isDone: false,
    });
  }

  /** As many as one draw may write, and as have room for their weights in a uniform block. */
  #mostVectors(step: Step): number {
    const rowBytes = step.values.byteLength / step.vectors;
    const room = Math.floor(this.#gl.getParameter(this.#gl.MAX_UNIFORM_BLOCK_SIZE) / rowBytes);
    return room === 0 ? MOST_TARGETS : Math.min(MOST_TARGETS, room);
  }

  #spaceFor(height: number, width: number, isBytes: boolean): Space {
    const old = this.#space;
    if (old?.height === height && old.width === width && old.isBytes === isBytes) return old;
    const gl = this.#gl;
    const { up, down } = this.#scale;
    const full = enlargedSize({ height, width }, this.#scale);
    if (Math.max(full.height, full.width) > gl.getParameter(gl.MAX_TEXTURE_SIZE)) {
      throw new Exhausted('out of memory: WebGL allows no texture as large as the picture');
    }
    if (old) {
      const { image, features, parts, result } = old;
      for (const texture of [image, ...features, parts, result]) gl.deleteTexture(texture);
    }
    const [rows, columns] = [height / down, width / down];
    const bordered = (count: number) => count + 2 * BORDER_PX;
    const features = () =>
      this.#texture('features', this.#format, bordered(rows), bordered(columns), this.#layers);
    const pixels = isBytes ? gl.RGBA8 : gl.RGB32F;
    this.#space = {
      height,
      width,
      isBytes,
      image: this.#texture('image', pixels, bordered(rows) * down, bordered(columns) * down),
      features: [features(), features()],
      parts: this.#texture('features', gl.RGBA8, rows, columns, up ** 2),
      result: this.#texture('features', gl.RGBA8, full.height, full.width, 1),
    };
    return this.#space;
  }

  /** A texture of zeros. */
  #texture(unit: keyof typeof UNITS, format: GLenum, height: number, width: number, layers = 0) {
    const gl = this.#gl;
    const kind = layers ? gl.TEXTURE_2D_ARRAY : gl.TEXTURE_2D;
    const texture = gl.createTexture();
    this.#bind(unit, texture);
    gl.texParameteri(kind, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
    gl.texParameteri(kind, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
    if (layers) gl.texStorage3D(kind, 1, format, width, height, layers);
    else gl.texStorage2D(kind, 1, format, width, height);
    return texture;
  }

  #bind(unit: keyof typeof UNITS, texture: WebGLTexture): void {
    const gl = this.#gl;
    gl.activeTexture(gl.TEXTURE0 + UNITS[unit]);
    gl.bindTexture(unit === 'features' ? gl.TEXTURE_2D_ARRAY : gl.TEXTURE_2D, texture);
  }

  #block(values: Float32Array): WebGLBuffer {
    const gl = this.#gl;
    const buffer = gl.createBuffer();
    gl.bindBuffer(gl.UNIFORM_BUFFER, buffer);
    gl.bufferData(gl.UNIFORM_BUFFER, values, gl.STATIC_DRAW);
    return buffer;
  }

  #table(values: Float32Array): WebGLTexture {
    const gl = this.#gl;
    const height = Math.ceil(values.length / (4 * TABLE_WIDTH));
    const padded = new Float32Array(height * TABLE_WIDTH * 4);
    padded.set(values);
    const table = this.#texture('table', gl.RGBA32F, height, TABLE_WIDTH);
    gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, TABLE_WIDTH, height, gl.RGBA, gl.FLOAT, padded);
    return table;
  }
}
