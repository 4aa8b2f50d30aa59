/** The text of the WebGL 2 engine's shaders: made of numbers of the network's shape alone. */
import type { Scale } from '../../core/scale';
import { bicubic, LUMA, range, type Step, XYZW } from './layout';

/** Every texture has a border of zeros, one block of pixels wide: that is the zero padding. */
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
  scale: Scale;
  dialect: Dialect;
  /** Where the weights are: a uniform block holds only so much. */
  weights: 'block' | 'table';
  /** In the last step: the sub-pixels that are written, whose sums begin with the step's first. */
  ending?: Ending;
};

export type Ending = { first: number; end: number };

/** What a shader says of numbers: floats, or whole ones. */
export type Dialect = {
  /** Functions that its other texts call. */
  helpers: (shape: Shape) => string;
  /** What the network takes, of the colour of a pixel. */
  native: (colour: 'luma' | 'rgb', pixel: string) => string;
  /** The step's results `o0`, `o1`, ... of its sums `a0`, `a1`, ... */
  activated: (step: Step) => string;
  /** The end of the last step: the anchor, chroma, and whole bytes. */
  picture: (shape: Shape, ending: Ending) => string;
};

/** A step, or some of its outputs. */
export function convolution(shape: Shape): string {
  const { step, isFirst, ending, dialect } = shape;
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
${dialect.helpers(shape)}
void main() {
ivec2 at = ivec2(gl_FragCoord.xy)${ending ? ` + ${BORDER_PX}` : ''};
${atOnce(shape) === 1 ? 'float' : isFirst ? 'vec3' : 'vec4'} v;
${range(step.vectors)
  .map((o) => `vec4 a${o} = w(${o});`)
  .join('\n')}
${9 * step.inputs * step.vectors > MOST_WRITTEN_OUT ? looped(shape) : writtenOut(shape)}
${ending ? dialect.picture(shape, ending) : dialect.activated(step)}
}`;
}

export const FLOATS: Dialect = {
  helpers: (shape) => (shape.ending ? enlargedColour(shape) : ''),
  native: (colour, pixel) => (colour === 'luma' ? `dot(${pixel}, vec3(${LUMA}))` : pixel),
  activated,
  picture,
};

/** How many inputs are read together: a texel of the picture or of features. */
function atOnce({ step, isFirst, colour }: Shape): number {
  return isFirst ? (colour === 'luma' ? 1 : 3) : Math.min(4, step.inputs);
}

/** Every tap for itself, so that the place of each weight is known when the shader is compiled. */
function writtenOut(shape: Shape): string {
  const { inputs } = shape.step;
  const most = atOnce(shape);
  const lines = range(9).flatMap((tap) =>
    range(Math.ceil(inputs / most)).flatMap((source) => {
      const first = most * source;
      return [
        read(shape, `ivec2(${(tap % 3) - 1}, ${Math.floor(tap / 3) - 1})`, source),
        ...sums(shape, Math.min(most, inputs - first), '', tap * inputs + first),
      ];
    }),
  );
  return lines.join('\n');
}

/** Never of the first step, which is too small. */
function looped(shape: Shape): string {
  const { inputs, vectors } = shape.step;
  const rest = inputs % 4;
  return `int b = 0;
for (int t = 0; t < 9; t++) {
ivec2 d = ivec2(t % 3, t / 3) - 1;
for (int s = 0; s < ${(inputs - rest) / 4}; s++) {
${read(shape, 'd', 's')}
${sums(shape, 4, 'b + ', 0).join('\n')}
b += ${4 * vectors};
}
${rest > 0 ? read(shape, 'd', (inputs - rest) / 4) : ''}
${sums(shape, rest, 'b + ', 0).join('\n')}
b += ${rest * vectors};
}`;
}

/** @param source - which texel of a block: of its features, or which pixel of the picture. */
function read(shape: Shape, away: string, source: number | string): string {
  const { isFirst, step, colour, scale, dialect } = shape;
  if (!isFirst) {
    const texel = `texelFetch(features, ivec3(at + ${away}, ${source}), 0)`;
    return `v = ${texel}${step.inputs === 1 ? '.x' : ''};`;
  }
  const { down } = scale;
  const pixel = `(at + ${away}) * ${down} + ivec2(${source} % ${down}, ${source} / ${down})`;
  const texel = `texelFetch(image, ${pixel}, 0).rgb`;
  return `v = ${dialect.native(colour, texel)};`;
}

function sums(shape: Shape, inputs: number, base: string, input: number): string[] {
  const { step } = shape;
  return range(inputs).flatMap((i) =>
    range(step.vectors).map((o) => {
      const index = (step.heads + input + i) * step.vectors + o;
      return `a${o} += w(${base}${index}) * ${atOnce(shape) === 1 ? 'v' : `v.${XYZW[i]}`};`;
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

function picture({ colour, scale }: Shape, { first, end }: Ending): string {
  const isLuma = colour === 'luma';
  const isWhole = scale.down === 1;
  const pixels = range(end).slice(first);
  const sum = (p: number) => sumOf(p, first, isLuma);
  const anchor = isWhole ? (isLuma ? 'y + ' : 'c + ') : '';
  return [
    `vec3 c = texelFetch(image, at * ${scale.down}, 0).rgb;`,
    `float y = dot(c, vec3(${LUMA}));`,
    ...pixels.map((p) => `vec3 p${p} = vec3(${anchor}${sum(p)});`),
    isWhole && !isLuma
      ? ''
      : bicubic(
          scale,
          pixels,
          (name, value) => `vec3 ${name} = ${value};`,
          (x, y) => `colour(at * ${scale.down} + ivec2(${x}, ${y}))`,
        ),
    ...pixels.map(
      (p) => `o${p - first} = vec4(floor(clamp(p${p}, 0., 1.) * 255. + .5) / 255., 1);`,
    ),
  ].join('\n');
}

/** The sum of a sub-pixel, where those from `first` on are summed up. */
export function sumOf(pixel: number, first: number, isLuma: boolean): string {
  const summed = first - (first % 4);
  return isLuma ? `a${(pixel - summed) >> 2}.${XYZW[pixel % 4]}` : `a${pixel - first}.rgb`;
}

/** What bicubic enlarges; pixels beyond an edge repeat the edge. */
function enlargedColour({ scale: { down } }: Shape): string {
  const border = BORDER_PX * down;
  return `vec3 colour(ivec2 at) {
vec3 c = texelFetch(image, clamp(at, ivec2(${border}), textureSize(image, 0) - ${1 + border}), 0).rgb;
return c${down === 1 ? ` - dot(c, vec3(${LUMA}))` : ''};
}`;
}

/** The pixel shuffle: every layer of `features` holds one sub-pixel of each block. */
export function shuffle({ up }: Scale): string {
  return `#version 300 es
precision highp float;
uniform highp sampler2DArray features;
out vec4 o;
void main() {
ivec2 at = ivec2(gl_FragCoord.xy);
ivec2 p = at % ${up};
o = texelFetch(features, ivec3(at / ${up}, p.y * ${up} + p.x), 0);
}`;
}
