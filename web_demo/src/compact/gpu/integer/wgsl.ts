/** WebGPU's shaders for students in whole numbers: colours are kept in eighths of a byte. */
import { LUMA } from '../../integer/enlargement';
import type { Dialect } from '../wgsl';
import { power, rescaled, wholeBicubic } from './layout';

export const INTEGERS: Dialect = {
  helper: `fn luma(eighths: vec3f) -> f32 {
return floor((dot(eighths * .125, vec3f(${LUMA})) + 2048.) * ${power(12)});
}`,
  kept: (colour) => `round(${colour} * 255) * 8`,
  luma: (colour) => `luma(${colour})`,
  activated: (step, sum, o) => {
    const text = rescaled(step, sum, 'vec4f', (kind) => `w[${kind * step.vectors + o}]`);
    return `${text} let v = ${sum};`;
  },
  anchor: (kept) => `8. * ${kept}`,
  bicubic: wholeBicubic,
  finished: (pixel) =>
    `clamp(floor((${pixel} + 32.) * ${power(6)}), vec3f(0.), vec3f(255.)) / 255.`,
};
