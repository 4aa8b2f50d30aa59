/**
 * What both GPU engines share: how weights lie in memory, and what of a network shaders are made of.
 *
 * Four channels make a vector, on both sides of a convolution; channels that do not exist are zero.
 */
import type { Scale } from '../../core/scale';
import { bicubicLines, bicubicReach, LUMA_WEIGHTS } from '../chroma';
import type { ChainNetwork } from '../network';

/** A convolution as a shader sees it, or some of its outputs. */
export type Step = {
  inputs: number;
  /** Vectors of four outputs. */
  vectors: number;
  activation: 'relu' | 'prelu' | 'none' | 'whole';
  /** Of whole numbers, by which power of two sums are divided. */
  shift: number;
  /** How many rows stand before the weights. */
  heads: number;
  /**
   * Rows of `vectors` vectors: the bias, what else the activation needs for each output, and the weights by
   * kernel row, kernel column and input.
   */
  values: Float32Array;
};

/** A network as shaders run it. */
export type GpuNetwork = { scale: Scale; colour: 'luma' | 'rgb'; steps: Step[] };

/** A convolution of floats or of whole numbers. */
type Layer = { inputs: number; outputs: number; weights: ArrayLike<number> };

/** What a layer's outputs need: a row of numbers for each kind of them, the biases first. */
export type Heads = Pick<Step, 'activation' | 'shift'> & { rows: ArrayLike<number>[] };

/**
 * The layers of a network as shaders run them. The last one of an RGB network gives a vector for each
 * sub-pixel: red, green, blue and nothing.
 */
export function stepsOf<L extends Layer>(
  { layers, colour, scale }: { layers: L[]; colour: 'luma' | 'rgb'; scale: Scale },
  headsOf: (layer: L, isLast: boolean) => Heads,
): Step[] {
  return layers.map((layer, index) => {
    const isLast = index === layers.length - 1;
    const order = isLast && colour === 'rgb' ? bySubPixel(scale.up) : inOrder(layer.outputs);
    return stepOf(layer, order, headsOf(layer, isLast));
  });
}

/** A network of floats. */
export function chainOf(network: ChainNetwork): GpuNetwork {
  const steps = stepsOf(network, ({ bias, slopes }, isLast) => ({
    rows: [bias, ...(slopes ? [slopes] : [])],
    activation: isLast ? 'none' : slopes ? 'prelu' : 'relu',
    shift: 0,
  }));
  return { ...network, steps };
}

/** Some of a step's vectors as a step of its own. */
export function sliceOf(step: Step, first: number, end: number): Step {
  const vectors = end - first;
  const rows = step.values.length / (4 * step.vectors);
  const values = new Float32Array(rows * vectors * 4);
  for (let row = 0; row < rows; row++) {
    const at = row * step.vectors;
    values.set(step.values.subarray(4 * (at + first), 4 * (at + end)), row * vectors * 4);
  }
  return { ...step, vectors, values };
}

/** @param order - which output of the layer each number is; undefined: none, it is zero. */
function stepOf(
  { inputs, outputs, weights }: Layer,
  order: (number | undefined)[],
  { rows, activation, shift }: Heads,
): Step {
  const heads = rows.length;
  const values = new Float32Array((heads + weights.length / outputs) * order.length);
  for (let row = 0, to = 0; to < values.length; row++) {
    const head = rows[row];
    const from = (row - heads) * outputs;
    for (const output of order) {
      const value = output === undefined ? 0 : head ? head[output] : weights[from + output];
      values[to++] = value as number;
    }
  }
  return { inputs, vectors: order.length / 4, activation, shift, heads, values };
}

function inOrder(outputs: number): (number | undefined)[] {
  return range(4 * Math.ceil(outputs / 4)).map((at) => (at < outputs ? at : undefined));
}

/** PyTorch has (colour, sub-pixel); the picture wants (sub-pixel, colour). */
function bySubPixel(up: number): (number | undefined)[] {
  const count = up ** 2;
  return range(count).flatMap((p) => [p, count + p, 2 * count + p, undefined]);
}

/** BT.601's weights of luma, as both shading languages write them. */
export const LUMA = LUMA_WEIGHTS.join(', ');

export const XYZW = ['x', 'y', 'z', 'w'] as const;

/**
 * The statements that enlarge colours by bicubic at the small size: they add to `p0`, `p1`, … (vectors
 * of three). Both shading languages accept the same text.
 *
 * @param pixels - the sub-pixels wanted, each `dy * up + dx`.
 * @param declare - a variable of three numbers, from its name and value.
 * @param read - the colour of the pixel `x` and `y` away from the block's first.
 */
export function bicubic(
  scale: Scale,
  pixels: readonly number[],
  declare: (name: string, value: string) => string,
  read: (x: number, y: number) => string,
): string {
  const { up, down } = scale;
  const lines = bicubicLines(scale);
  const reach = bicubicReach(scale);
  const side = down + 2 * reach;
  const weight = (phase: number, tap: number) => lines[phase * side + tap] as number;
  const columns = [...new Set(pixels.map((p) => p % up))];
  const tapsOf = (phase: number) => range(side).filter((x) => weight(phase, x) !== 0);
  const blocks = range(side).map((y) => {
    const used = pixels.filter((p) => weight(Math.floor(p / up), y) !== 0);
    if (used.length === 0) return '';
    const texts = [...new Set(columns.flatMap(tapsOf))].map((x) =>
      declare(`t${x}`, read(x - reach, y - reach)),
    );
    for (const dx of columns) {
      const taps = tapsOf(dx);
      const sum = taps.map((x) => `t${x} * ${literal(weight(dx, x))}`).join(' + ');
      texts.push(declare(`h${dx}`, sum));
    }
    for (const p of used) {
      texts.push(`p${p} += h${p % up} * ${literal(weight(Math.floor(p / up), y))};`);
    }
    return `{\n${texts.join('\n')}\n}`;
  });
  return blocks.join('\n');
}

/** A number as both shading languages write it. */
function literal(value: number): string {
  const text = String(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

/** RGB in [0, 1] from RGBA bytes. */
export function floatsOf(bytes: Uint8ClampedArray): Float32Array {
  const data = new Float32Array((bytes.length / 4) * 3);
  for (let from = 0, to = 0; to < data.length; from += 4, to += 3) {
    data[to] = (bytes[from] as number) / 255;
    data[to + 1] = (bytes[from + 1] as number) / 255;
    data[to + 2] = (bytes[from + 2] as number) / 255;
  }
  return data;
}

/** The whole numbers from 0 up to `count`. */
export function range(count: number): number[] {
  return [...Array(count).keys()];
}
