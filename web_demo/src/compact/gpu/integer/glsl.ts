/** WebGL 2's shaders for students in whole numbers. */
import { LUMA } from '../../integer/enlargement';
import { BORDER_PX, type Dialect, type Ending, type Shape, sumOf } from '../glsl';
import { range, type Step } from '../layout';
import { power, rescaled, sumsOf, wholeBicubic } from './layout';

export const INTEGERS: Dialect = {
  helpers,
  native: (colour, pixel) => (colour === 'luma' ? `luma(bytes(${pixel}))` : `8. * bytes(${pixel})`),
  activated: (step) =>
    [...rescaledSums(step), ...sumsOf(step).map((sum, o) => `o${o} = ${sum};`)].join('\n'),
  picture,
};

function rescaledSums(step: Step): string[] {
  return sumsOf(step).map((sum, o) =>
    rescaled(step, sum, 'vec4', (kind) => `w(${kind * step.vectors + o})`),
  );
}

function helpers({ ending, scale: { down } }: Shape): string {
  const border = BORDER_PX * down;
  const texts = [
    'vec3 bytes(vec3 c) { return floor(c * 255. + .5); }',
    `float luma(vec3 b) { return floor((dot(b, vec3(${LUMA})) + 2048.) * ${power(12)}); }`,
  ];
  if (ending) {
    texts.push(`vec3 colour(ivec2 at) {
vec3 b = bytes(texelFetch(image, clamp(at, ivec2(${border}), textureSize(image, 0) - ${1 + border}), 0).rgb);
return 8. * b${down === 1 ? ' - luma(b)' : ''};
}`);
  }
  return texts.join('\n');
}

function picture({ step, colour, scale }: Shape, { first, end }: Ending): string {
  const isLuma = colour === 'luma';
  const isWhole = scale.down === 1;
  const pixels = range(end).slice(first);
  const anchor = isWhole ? (isLuma ? '8. * luma(c) + ' : '64. * c + ') : '';
  return [
    ...rescaledSums(step),
    `vec3 c = bytes(texelFetch(image, at * ${scale.down}, 0).rgb);`,
    ...pixels.map((p) => `vec3 p${p} = vec3(${anchor}${sumOf(p, first, isLuma)});`),
    isWhole && !isLuma
      ? ''
      : wholeBicubic(
          scale,
          pixels,
          isWhole,
          (name, value) => `vec3 ${name} = ${value};`,
          (x, y) => `colour(at * ${scale.down} + ivec2(${x}, ${y}))`,
        ),
    ...pixels.map(
      (p) => `o${p - first} = vec4(clamp(floor((p${p} + 32.) * ${power(6)}), 0., 255.) / 255., 1);`,
    ),
  ].join('\n');
}
