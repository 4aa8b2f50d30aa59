/** The text of the WebGL 2 engine's shaders: made of numbers of the network's shape alone. */
import { headOf, LUMA, range, type Step, taps } from './layout';

export const VERTEX = `#version 300 es
void main() {
  gl_Position = vec4(vec2(gl_VertexID & 1, gl_VertexID >> 1) * 4. - 1., 0, 1);
}`;

/** What a program reads and writes. Programs of the same text are compiled once. */
export type Shape = {
  step: Step;
  scale: number;
  colour: 'luma' | 'rgb';
  isFirst: boolean;
  /** The vectors that are written: all or some of the step's; of the picture's in the last step. */
  from: number;
  to: number;
  /** Whether the weights are in a texture: a uniform block holds only so much. */
  hasTexture: boolean;
  isLast: boolean;
  /** Whether every tap is written out. */
  unroll: boolean;
};

/** The columns of a texture of weights. */
export const WEIGHTS_WIDTH = 1024;

export function fragment(shape: Shape): string {
  const { from, to, isFirst, isLast } = shape;
  const outs = range(to - from).map((i) => `layout(location = ${i}) out vec4 o${i};`);
  return `#version 300 es
precision highp float;
precision highp sampler2D;
precision highp sampler2DArray;
uniform sampler2D image;
${isFirst ? '' : 'uniform sampler2DArray features;'}
${weights(shape)}
${outs.join('\n')}
void main() {
ivec2 at = ivec2(gl_FragCoord.xy)${isLast ? ' + 1' : ''};
${convolution(shape)}
${isLast ? assembled(shape) : activated(shape)}
}`;
}

function weights({ step, hasTexture }: Shape): string {
  if (!hasTexture) return `layout(std140) uniform block { vec4 w[${step.values.length / 4}]; };`;
  return `uniform sampler2D table;
#define w(i) texelFetch(table, ivec2((i) % ${WEIGHTS_WIDTH}, (i) / ${WEIGHTS_WIDTH}), 0)`;
}

/** Which of the step's vectors are summed up, `[first, end)`. */
function summed({ from, to, isLast, colour }: Shape): [number, number] {
  if (!isLast || colour === 'rgb') return [from, to];
  // Luma: the sub-pixels that the vectors of the picture hold some colour of.
  return [Math.floor(Math.floor((4 * from) / 3) / 4), Math.floor(Math.floor((4 * to - 1) / 3) / 4) + 1];
}

function convolution(shape: Shape): string {
  const { step, isFirst, colour, hasTexture, unroll } = shape;
  const { inputs, sources, targets } = step;
  const sums = range(summed(shape)[1]).slice(summed(shape)[0]);
  const w = (index: string | number) => (hasTexture ? `w(${index})` : `w[${index}]`);
  const lines = sums.map((o) => `vec4 a${o} = ${w(o)};`);
  const add = (i: number, base: string | number) =>
    sums.map((o) => {
      const input = inputs === 1 ? 'v' : `v.${'xyzw'[i]}`;
      const index = typeof base === 'number' ? base + i * targets + o : `${base} + ${i * targets + o}`;
      return `a${o} += ${w(index)} * ${input};`;
    });
  const read = (tap: string, source: string | number) => {
    if (!isFirst) return `v = texelFetch(features, ivec3(at + ${tap}, ${source}), 0);`;
    const texel = `texelFetch(image, at + ${tap}, 0).rgb`;
    return colour === 'luma' ? `v = dot(${texel}, vec3(${LUMA}));` : `v = ${texel};`;
  };
  lines.push(`${inputs === 1 ? 'float' : isFirst ? 'vec3' : 'vec4'} v;`);
  const columns = (source: number) => range(Math.min(4, inputs - 4 * source));
  if (unroll) {
    for (const tap of range(9)) {
      for (const source of range(sources)) {
        lines.push(read(`ivec2(${(tap % 3) - 1}, ${Math.floor(tap / 3) - 1})`, source));
        const base = headOf(step) + (tap * inputs + 4 * source) * targets;
        for (const i of columns(source)) lines.push(...add(i, base));
      }
    }
  } else {
    lines.push('for (int t = 0; t < 9; t++) {', 'ivec2 d = ivec2(t % 3, t / 3) - 1;');
    const whole = Math.floor(inputs / 4);
    if (whole > 0) {
      lines.push(`for (int s = 0; s < ${whole}; s++) {`, read('d', 's'));
      lines.push(`int b = ${headOf(step)} + (t * ${inputs} + 4 * s) * ${targets};`);
      for (const i of range(4)) lines.push(...add(i, 'b'));
      lines.push('}');
    }
    if (inputs % 4 > 0) {
      lines.push(read('d', whole));
      lines.push(`int b = ${headOf(step)} + (t * ${inputs} + ${4 * whole}) * ${targets};`);
      for (const i of columns(whole)) lines.push(...add(i, 'b'));
    }
    lines.push('}');
  }
  return lines.join('\n');
}

function activated({ from, to, step, hasTexture }: Shape): string {
  const { activation, targets } = step;
  return range(to)
    .slice(from)
    .map((o) => {
      const slope = hasTexture ? `w(${targets + o})` : `w[${targets + o}]`;
      const negative = activation === 'prelu' ? ` + ${slope} * min(a${o}, 0.)` : '';
      return `o${o - from} = max(a${o}, 0.)${negative};`;
    })
    .join('\n');
}

/** The last step: the anchor, chroma, and the picture's values as whole bytes. */
function assembled(shape: Shape): string {
  const { from, to, scale, colour } = shape;
  const lines = [
    'ivec2 last = textureSize(image, 0) - 2;',
    'vec3 c = texelFetch(image, at, 0).rgb;',
  ];
  const byte = (value: string) => `floor(clamp(${value}, 0., 1.) * 255. + .5) / 255.`;
  if (colour === 'rgb') {
    for (const o of range(to).slice(from)) {
      const anchor = range(4).map((k) => 'rgb'[(4 * o + k) % 3]).join('');
      lines.push(`o${o - from} = ${byte(`a${o} + c.${anchor}`)};`);
    }
    return lines.join('\n');
  }
  lines.push(`float y = dot(c, vec3(${LUMA}));`);
  const first = Math.floor((4 * from) / 3);
  const end = Math.min(scale ** 2, Math.floor((4 * to - 1) / 3) + 1);
  const pixels = range(end).slice(first);
  // What colour has beside luma, enlarged: rows first, then columns.
  for (const p of pixels) lines.push(`vec3 p${p} = vec3(y + a${p >> 2}.${'xyzw'[p & 3]});`);
  for (const row of range(5)) {
    const ys = range(scale).filter((dy) => taps(scale, dy).some(({ away }) => away === row - 2));
    const used = pixels.filter((p) => ys.includes(Math.floor(p / scale)));
    if (used.length === 0) continue;
    lines.push('{');
    for (const x of range(5)) {
      lines.push(
        `vec3 t${x} = texelFetch(image, clamp(at + ivec2(${x - 2}, ${row - 2}), ivec2(1), last), 0).rgb;`,
        `t${x} -= dot(t${x}, vec3(${LUMA}));`,
      );
    }
    for (const dx of new Set(used.map((p) => p % scale))) {
      const sum = taps(scale, dx).map(({ away, weight }) => `${weight} * t${away + 2}`);
      lines.push(`vec3 h${dx} = ${sum.join(' + ')};`);
    }
    for (const p of used) {
      const weight = taps(scale, Math.floor(p / scale)).find(({ away }) => away === row - 2)?.weight;
      lines.push(`p${p} += ${weight} * h${p % scale};`);
    }
    lines.push('}');
  }
  for (const o of range(to).slice(from)) {
    const values = range(4).map((k) => {
      const p = Math.floor((4 * o + k) / 3);
      return p < end ? `p${p}.${'rgb'[(4 * o + k) % 3]}` : '0.';
    });
    lines.push(`o${o - from} = ${byte(`vec4(${values.join(', ')})`)};`);
  }
  return lines.join('\n');
}
