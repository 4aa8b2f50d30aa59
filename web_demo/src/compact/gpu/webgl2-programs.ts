import { Exhausted } from '../../core/engine';
import { VERTEX } from './glsl';

/** Where textures are bound, by what shaders call them. */
export const UNITS = { image: 0, features: 1, table: 2 };

/** Compiles shaders, all of them side by side: none is waited for before `finish`. */
export class Programs {
  readonly #gl: WebGL2RenderingContext;
  readonly #started = new Map<string, WebGLProgram>();

  constructor(gl: WebGL2RenderingContext) {
    this.#gl = gl;
  }

  /** Start to compile a program; one for all passes that have the same text. */
  start(text: string): WebGLProgram {
    const known = this.#started.get(text);
    if (known) return known;
    const gl = this.#gl;
    const program = gl.createProgram();
    for (const [kind, source] of [
      [gl.VERTEX_SHADER, VERTEX],
      [gl.FRAGMENT_SHADER, text],
    ] as const) {
      const shader = gl.createShader(kind);
      if (!shader) throw new Exhausted('the WebGL context was lost');
      gl.shaderSource(shader, source);
      gl.compileShader(shader);
      gl.attachShader(program, shader);
      gl.deleteShader(shader); // with the program
    }
    gl.linkProgram(program);
    this.#started.set(text, program);
    return program;
  }

  /** @throws Error when the driver does not compile a shader. */
  finish(): void {
    for (const program of this.#started.values()) this.#finish(program);
  }

  #finish(program: WebGLProgram): void {
    const gl = this.#gl;
    if (!gl.getProgramParameter(program, gl.LINK_STATUS)) {
      requireWell(gl);
      const logs = (gl.getAttachedShaders(program) ?? []).map((shader) =>
        gl.getShaderInfoLog(shader),
      );
      throw new Error(
        `WebGL does not compile a shader: ${gl.getProgramInfoLog(program)} ${logs.join(' ')}`,
      );
    }
    gl.useProgram(program);
    for (const [name, unit] of Object.entries(UNITS)) {
      gl.uniform1i(gl.getUniformLocation(program, name), unit);
    }
  }
}

/** Throw if WebGL failed: after a lost context or a failed allocation it goes on with black pixels. */
export function requireWell(gl: WebGL2RenderingContext): void {
  if (gl.isContextLost()) throw new Exhausted('the WebGL context was lost');
  const error = gl.getError();
  if (error === gl.OUT_OF_MEMORY) throw new Exhausted('WebGL is out of memory');
  if (error !== gl.NO_ERROR) throw new Error(`WebGL reports error ${error}`);
}
