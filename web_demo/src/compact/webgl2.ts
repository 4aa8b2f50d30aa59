import { type Enlarged, type Enlarger, Exhausted } from '../engine';
import { fragment, type Shape, VERTEX, WEIGHTS_WIDTH } from './glsl';
import { range, stepsOf } from './layout';
import type { ChainNetwork } from './network';

export type Settings = { half: boolean; unroll: boolean; targets: number };

/** One draw: a step, or where it has more outputs than can be written at once, a part of it. */
type Pass = {
  program: WebGLProgram;
  /** A uniform block's buffer, or a texture. */
  weights: WebGLBuffer | WebGLTexture;
  hasTexture: boolean;
  isLast: boolean;
  from: number;
  to: number;
};

/** Textures for pictures of one size. */
type Space = {
  height: number;
  width: number;
  image: WebGLTexture;
  /** Features of even steps, and of odd ones. */
  features: WebGLTexture[];
  picture: WebGLTexture;
};

/** Every texture has a border of zeros: that is the zero padding. */
const BORDER_PX = 1;

/** Where textures are bound. */
const IMAGE = 0;
const FEATURES = 1;
const TABLE = 2;

/** Run a network on WebGL 2. */
export class Webgl2Enlarger implements Enlarger {
  readonly #gl: WebGL2RenderingContext;
  readonly #passes: Pass[] = [];
  readonly #scale: number;
  readonly #layers: number;
  readonly #format: GLenum;
  #space: Space | undefined;

  constructor(gl: WebGL2RenderingContext, network: ChainNetwork, settings: Settings) {
    this.#gl = gl;
    this.#scale = network.scale;
    this.#format = settings.half ? gl.RGBA16F : gl.RGBA32F;
    const steps = stepsOf(network);
    this.#layers = Math.max(...steps.slice(0, -1).map(({ targets }) => targets));
    const most = Math.min(
      settings.targets,
      gl.getParameter(gl.MAX_DRAW_BUFFERS),
      gl.getParameter(gl.MAX_COLOR_ATTACHMENTS),
    );
    const block = gl.getParameter(gl.MAX_UNIFORM_BLOCK_SIZE);
    const programs = new Map<string, WebGLProgram>();
    for (const [index, step] of steps.entries()) {
      const hasTexture = step.values.byteLength > block;
      const weights = hasTexture ? this.#table(step.values) : this.#buffer(step.values);
      const isLast = index === steps.length - 1;
      const targets = isLast ? pictureVectors(this.#scale) : step.targets;
      for (let from = 0; from < targets; from += most) {
        const to = Math.min(from + most, targets);
        const isFirst = index === 0;
        const { scale, colour } = network;
        const { unroll } = settings;
        const text = fragment({ step, scale, colour, isFirst, isLast, from, to, hasTexture, unroll } satisfies Shape);
        const program = programs.get(text) ?? this.#link(text);
        programs.set(text, program);
        this.#passes.push({ program, weights, hasTexture, isLast, from, to });
      }
    }
  }

  async run(pixels: Float32Array, height: number, width: number): Promise<Enlarged> {
    const gl = this.#gl;
    const space = this.#spaceFor(height, width);
    gl.activeTexture(gl.TEXTURE0 + IMAGE);
    gl.bindTexture(gl.TEXTURE_2D, space.image);
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 4);
    gl.texSubImage2D(gl.TEXTURE_2D, 0, 1, 1, width, height, gl.RGB, gl.FLOAT, pixels);
    let written = 0;
    for (const pass of this.#passes) {
      const target = pass.isLast ? space.picture : (space.features[written % 2] as WebGLTexture);
      this.#draw(pass, target, space, written);
      const isWhole = true;
      if (isWhole && !pass.isLast) written += this.#isEnd(pass) ? 1 : 0;
    }
    return this.#read(space);
  }

  #isEnd(pass: Pass): boolean {
    return pass.to === this.#layers;
  }

  #draw(pass: Pass, target: WebGLTexture, space: Space, written: number): void {
    const gl = this.#gl;
    const border = pass.isLast ? 0 : BORDER_PX;
    gl.useProgram(pass.program);
    gl.activeTexture(gl.TEXTURE0 + FEATURES);
    gl.bindTexture(gl.TEXTURE_2D_ARRAY, space.features[(written + 1) % 2] as WebGLTexture);
    if (pass.hasTexture) {
      gl.activeTexture(gl.TEXTURE0 + TABLE);
      gl.bindTexture(gl.TEXTURE_2D, pass.weights as WebGLTexture);
    } else gl.bindBufferBase(gl.UNIFORM_BUFFER, 0, pass.weights as WebGLBuffer);
    const frame = gl.createFramebuffer();
    gl.bindFramebuffer(gl.FRAMEBUFFER, frame);
    const attachments = range(pass.to - pass.from).map((i) => gl.COLOR_ATTACHMENT0 + i);
    for (const [i, attachment] of attachments.entries()) {
      gl.framebufferTextureLayer(gl.FRAMEBUFFER, attachment, target, 0, pass.from + i);
    }
    gl.drawBuffers(attachments);
    gl.viewport(border, border, space.width, space.height);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
    gl.deleteFramebuffer(frame);
  }

  #read({ picture, height, width }: Space): Enlarged {
    const gl = this.#gl;
    const scale = this.#scale;
    const frame = gl.createFramebuffer();
    gl.bindFramebuffer(gl.FRAMEBUFFER, frame);
    const data = new Float32Array(height * width * scale ** 2 * 3);
    const bytes = new Uint8Array(height * width * 4);
    for (const layer of range(pictureVectors(scale))) {
      gl.framebufferTextureLayer(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, picture, 0, layer);
      gl.readPixels(0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, bytes);
      for (const k of range(4)) {
        const value = 4 * layer + k;
        const row = 3 * scale;
        if (value >= row * scale) break;
        for (let y = 0, from = k; y < height; y++) {
          let to = (y * scale + Math.floor(value / row)) * width * row + (value % row);
          for (let x = 0; x < width; x++, from += 4, to += row) data[to] = (bytes[from] as number) / 255;
        }
      }
    }
    gl.deleteFramebuffer(frame);
    return { data, height: height * scale, width: width * scale, channels: 3 };
  }

  #spaceFor(height: number, width: number): Space {
    if (this.#space?.height === height && this.#space.width === width) return this.#space;
    this.#free();
    const gl = this.#gl;
    const array = (format: GLenum, border: number, layers: number) => {
      const texture = this.#texture(gl.TEXTURE_2D_ARRAY, FEATURES);
      gl.texStorage3D(gl.TEXTURE_2D_ARRAY, 1, format, width + 2 * border, height + 2 * border, layers);
      return texture;
    };
    const image = this.#texture(gl.TEXTURE_2D, IMAGE);
    gl.texStorage2D(gl.TEXTURE_2D, 1, gl.RGB32F, width + 2, height + 2);
    this.#space = {
      height,
      width,
      image,
      features: range(2).map(() => array(this.#format, BORDER_PX, this.#layers)),
      picture: array(gl.RGBA8, 0, pictureVectors(this.#scale)),
    };
    return this.#space;
  }

  #free(): void {
    if (!this.#space) return;
    const { image, features, picture } = this.#space;
    for (const texture of [image, ...features, picture]) this.#gl.deleteTexture(texture);
    this.#space = undefined;
  }

  #buffer(values: Float32Array): WebGLBuffer {
    const gl = this.#gl;
    const buffer = gl.createBuffer();
    gl.bindBuffer(gl.UNIFORM_BUFFER, buffer);
    gl.bufferData(gl.UNIFORM_BUFFER, values, gl.STATIC_DRAW);
    return buffer;
  }

  #table(values: Float32Array): WebGLTexture {
    const gl = this.#gl;
    const height = Math.ceil(values.length / (4 * WEIGHTS_WIDTH));
    const padded = new Float32Array(height * WEIGHTS_WIDTH * 4);
    padded.set(values);
    const texture = this.#texture(gl.TEXTURE_2D, TABLE);
    gl.texStorage2D(gl.TEXTURE_2D, 1, gl.RGBA32F, WEIGHTS_WIDTH, height);
    gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, WEIGHTS_WIDTH, height, gl.RGBA, gl.FLOAT, padded);
    return texture;
  }

  #texture(kind: GLenum, unit: number): WebGLTexture {
    const gl = this.#gl;
    const texture = gl.createTexture();
    gl.activeTexture(gl.TEXTURE0 + unit);
    gl.bindTexture(kind, texture);
    for (const filter of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) {
      gl.texParameteri(kind, filter, gl.NEAREST);
    }
    return texture;
  }

  #link(text: string): WebGLProgram {
    const gl = this.#gl;
    const program = gl.createProgram();
    for (const [kind, source] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, text]] as const) {
      const shader = gl.createShader(kind) as WebGLShader;
      gl.shaderSource(shader, source);
      gl.compileShader(shader);
      gl.attachShader(program, shader);
      if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS)) throw new Error(`${gl.getShaderInfoLog(shader)}\n${source}`);
    }
    gl.linkProgram(program);
    if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw new Error(`WebGL: ${gl.getProgramInfoLog(program)}`);
    gl.useProgram(program);
    gl.uniform1i(gl.getUniformLocation(program, 'image'), IMAGE);
    gl.uniform1i(gl.getUniformLocation(program, 'features'), FEATURES);
    gl.uniform1i(gl.getUniformLocation(program, 'table'), TABLE);
    return program;
  }

  dispose(): void {
    this.#gl.getExtension('WEBGL_lose_context')?.loseContext();
  }
}

/** How many vectors hold a pixel's enlargement. */
function pictureVectors(scale: number): number {
  return Math.ceil((3 * scale ** 2) / 4);
}

void Exhausted;
