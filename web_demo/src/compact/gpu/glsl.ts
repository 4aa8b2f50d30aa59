/** The text of the WebGL 2 engine's shaders: made of numbers of the network's shape alone. */
import { bicubic, headRows, LUMA, range, type Step, XYZW } from './layout';

/** Every texture has a border of zeros, one pixel wide: that is the zero padding. */
export const BORDER_PX = 1;

/** The columns of a texture of weights. */
export const TABLE_WIDTH = 1024;

/** Written out, a convolution of this many vectors still compiles within a second or two. */
const MOST_WRITTEN_OUT = 1200;

/** One triangle over everything. */
export const VERTEX = `#version 300 es
void main() {
gl_Position = vec4(vec2(gl_VertexID & 1, gl_VertexID >> 1) * 4. - 1., 0, 1);
}`;

export type Shape = {
  step: Step;
  isFirst: boolean;
  colour: 'luma' | 'rgb';
  /** Where the weights are: a uniform block holds only so much. */
  weights: 'block' | 'table';
  /** In the last step: the sub-pixels that are written, whose sums begin with the step's first. */
  ending?: { scale: number; first: number; end: number };
};

/** A step, or some of its outputs. */
export function convolution(shape: Shape): string {
  const { step, isFirst, ending } = shape;
  const outs = ending ? ending.end - ending.first : step.vectors;
  return `#version 300 es
precision highp float;
precision highp sampler2DArray;
uniform highp sampler2D image, table;
uniform sampler2DArray features;
${
  shape.weights === 'table'
    ? `#define w(i) texelFetch(table, ivec2((i) % ${TABLE_WIDTH}, (i) / ${TABLE_WIDTH}), 0)`
    : `layout(std140) uniform block { vec4 v[${step.values.length / 4}]; } values;
#define w(i) values.v[i]`
}
${range(outs)
  .map((i) => `layout(location = ${i}) out vec4 o${i};`)
  .join('\n')}
${ending && shape.colour === 'luma' ? CHROMA : ''}
void main() {
ivec2 at = ivec2(gl_FragCoord.xy)${ending ? ` + ${BORDER_PX}` : ''};
${step.inputs === 1 ? 'float' : isFirst ? 'vec3' : 'vec4'} v;
${range(step.vectors)
  .map((o) => `vec4 a${o} = w(${o});`)
  .join('\n')}
${9 * step.inputs * step.vectors > MOST_WRITTEN_OUT ? looped(shape) : writtenOut(shape)}
${ending ? picture(shape, ending) : activated(step)}
}`;
}

/** Every tap for itself, so that the place of each weight is known when the shader is compiled. */
function writtenOut(shape: Shape): string {
  const { inputs } = shape.step;
  const lines = range(9).flatMap((tap) =>
    range(Math.ceil(inputs / 4)).flatMap((source) => [
      read(shape, `ivec2(${(tap % 3) - 1}, ${Math.floor(tap / 3) - 1})`, source),
      ...sums(shape.step, Math.min(4, inputs - 4 * source), '', tap * inputs + 4 * source),
    ]),
  );
  return lines.join('\n');
}

function looped(shape: Shape): string {
  const { inputs, vectors } = shape.step;
  const rest = inputs % 4;
  return `int b = 0;
for (int t = 0; t < 9; t++) {
ivec2 d = ivec2(t % 3, t / 3) - 1;
for (int s = 0; s < ${(inputs - rest) / 4}; s++) {
${read(shape, 'd', 's')}
${sums(shape.step, 4, 'b + ', 0).join('\n')}
b += ${4 * vectors};
}
${rest > 0 ? read(shape, 'd', (inputs - rest) / 4) : ''}
${sums(shape.step, rest, 'b + ', 0).join('\n')}
b += ${rest * vectors};
}`;
}

function read({ isFirst, step }: Shape, away: string, source: number | string): string {
  if (!isFirst) {
    const texel = `texelFetch(features, ivec3(at + ${away}, ${source}), 0)`;
    return `v = ${texel}${step.inputs === 1 ? '.x' : ''};`;
  }
  const texel = `texelFetch(image, at + ${away}, 0).rgb`;
  return step.inputs === 1 ? `v = dot(${texel}, vec3(${LUMA}));` : `v = ${texel};`;
}

function sums(step: Step, inputs: number, base: string, input: number): string[] {
  return range(inputs).flatMap((i) =>
    range(step.vectors).map((o) => {
      const index = (headRows(step) + input + i) * step.vectors + o;
      return `a${o} += w(${base}${index}) * ${step.inputs === 1 ? 'v' : `v.${XYZW[i]}`};`;
    }),
  );
}

function activated({ activation, vectors }: Step): string {
  const lines = range(vectors).map((o) => {
    const negative = activation === 'prelu' ? ` + w(${vectors + o}) * min(a${o}, 0.)` : '';
    return `o${o} = max(a${o}, 0.)${negative};`;
  });
  return lines.join('\n');
}

/** The end of the last step: the anchor, chroma, and whole bytes. */
function picture({ colour }: Shape, ending: { scale: number; first: number; end: number }): string {
  const { scale, first, end } = ending;
  const pixels = range(end).slice(first);
  const write = pixels.map(
    (p) => `o${p - first} = vec4(floor(clamp(p${p}, 0., 1.) * 255. + .5) / 255., 1);`,
  );
  const centre = 'vec3 c = texelFetch(image, at, 0).rgb;';
  if (colour === 'rgb') {
    return [centre, ...pixels.map((p) => `vec3 p${p} = c + a${p - first}.rgb;`), ...write].join(
      '\n',
    );
  }
  const summed = first - (first % 4);
  return [
    centre,
    `float y = dot(c, vec3(${LUMA}));`,
    ...pixels.map((p) => `vec3 p${p} = vec3(y + a${(p - summed) >> 2}.${XYZW[p % 4]});`),
    `ivec2 last = textureSize(image, 0) - ${1 + BORDER_PX};`,
    bicubic(
      scale,
      pixels,
      (name, value) => `vec3 ${name} = ${value};`,
      (x, y) => `chroma(clamp(at + ivec2(${x}, ${y}), ivec2(${BORDER_PX}), last))`,
    ),
    ...write,
  ].join('\n');
}

/** A colour minus its luma. */
const CHROMA = `vec3 chroma(ivec2 at) {
vec3 c = texelFetch(image, at, 0).rgb;
return c - dot(c, vec3(${LUMA}));
}`;

/** The pixel shuffle: every layer of `features` holds one sub-pixel of each pixel. */
export function shuffle(scale: number): string {
  return `#version 300 es
precision highp float;
uniform highp sampler2DArray features;
out vec4 o;
void main() {
ivec2 at = ivec2(gl_FragCoord.xy);
ivec2 p = at % ${scale};
o = texelFetch(features, ivec3(at / ${scale}, p.y * ${scale} + p.x), 0);
}`;
}
