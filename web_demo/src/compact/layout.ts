/**
 * What both GPU engines share: how weights lie in memory, and in which order the last layer's values
 * leave.
 *
 * Four channels make a vector, on both sides of a convolution; channels that do not exist are zero.
 */
import { bicubicLines, LUMA_WEIGHTS } from './chroma';
import type { ChainLayer, ChainNetwork } from './network';

/** A convolution as a shader sees it. */
export type Step = {
  inputs: number;
  /** Vectors of four inputs. */
  sources: number;
  /** Vectors of four outputs. */
  targets: number;
  activation: 'relu' | 'prelu' | 'none';
  /**
   * Vectors of four outputs: `targets` of bias, as many slopes if there are any, and the weights by
   * kernel row, kernel column, input and output.
   */
  values: Float32Array;
};

/** How many vectors stand before the weights. */
export function headOf({ targets, activation }: Step): number {
  return activation === 'prelu' ? 2 * targets : targets;
}

/**
 * The network as shaders run it. The first layer of a luma network has one input still: shaders take
 * luma from RGB as they read it.
 */
export function stepsOf({ layers, colour, scale }: ChainNetwork): Step[] {
  return layers.map((layer, index) => {
    const isLast = index === layers.length - 1;
    return stepOf(isLast && colour === 'rgb' ? colourLast(layer, scale) : layer, isLast);
  });
}

function stepOf({ inputs, outputs, weights, bias, slopes }: ChainLayer, isLast: boolean): Step {
  const targets = Math.ceil(outputs / 4);
  const rows = [bias, ...(slopes ? [slopes] : [])];
  for (let at = 0; at < weights.length; at += outputs) {
    rows.push(weights.subarray(at, at + outputs));
  }
  const values = new Float32Array(rows.length * targets * 4);
  for (const [index, row] of rows.entries()) values.set(row, index * targets * 4);
  const activation = isLast ? 'none' : slopes ? 'prelu' : 'relu';
  return { inputs, sources: Math.ceil(inputs / 4), targets, activation, values };
}

/** From PyTorch's order of outputs, (colour, sub-pixel), to that of the picture: (sub-pixel, colour). */
function colourLast(layer: ChainLayer, scale: number): ChainLayer {
  const { outputs } = layer;
  const turned = (row: Float32Array) =>
    row.map((_, at) => {
      const vector = at - (at % outputs);
      const output = at - vector;
      return row[vector + (output % 3) * scale ** 2 + Math.floor(output / 3)] as number;
    });
  return { ...layer, weights: turned(layer.weights), bias: turned(layer.bias) };
}

/** A number as both shading languages write it. */
export function literal(value: number): string {
  const text = String(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

export const LUMA = LUMA_WEIGHTS.map(literal).join(', ');

/**
 * The bicubic taps of one sub-pixel along an axis, those that are not zero: how far away each is,
 * and its weight as shaders write it.
 */
export function taps(scale: number, phase: number): { away: number; weight: string }[] {
  const line = [...bicubicLines(scale).subarray(phase * 5, phase * 5 + 5)];
  return line
    .map((weight, index) => ({ away: index - 2, weight: literal(weight), is: weight !== 0 }))
    .filter(({ is }) => is);
}

/** Numbers from 0 up to `count`. */
export function range(count: number): number[] {
  return [...Array(count).keys()];
}
