/** The text of the WebGPU engine's shaders: made of numbers of the network's shape alone. */
import { headOf, literal, LUMA, range, type Step, taps } from './layout';

export const GROUP = [8, 8] as const;

/** Where a picture of floats lies: planes with a border of zeros, which is the zero padding. */
const SIZE = 'struct Size { height: u32, width: u32, stride: u32, plane: u32 }';

const ENTRY = `@compute @workgroup_size(${GROUP.join(', ')})
fn main(@builtin(global_invocation_id) id: vec3u) {`;

export type ConvolutionShape = {
  step: Step;
  /** Vectors of outputs that one invocation computes. */
  vectors: number;
  /** Rows of pixels that one invocation computes: each weight is read once for all of them. */
  rows: number;
  from: 'f32' | 'f16';
  to: 'f32' | 'f16';
  weights: 'uniform' | 'storage, read';
};

/** A step, from planes to planes. */
export function convolution({ step, vectors, rows, from, to, weights }: ConvolutionShape): string {
  const { inputs, targets, activation, values } = step;
  const f32 = (text: string) => (from === 'f32' ? text : `f32(${text})`);
  const each = (text: (p: number, o: number) => string) =>
    range(rows).flatMap((p) => range(vectors).map((o) => text(p, o))).join('\n');
  const taps = range(3).flatMap((ky) => range(3).map((kx) => [ky, kx] as const));
  const value = (p: number, o: number) =>
    activation === 'none' ? `a${p}_${o}`
      : `max(a${p}_${o}, vec4f())${activation === 'prelu' ? ` + w[${targets} + o + ${o}] * min(a${p}_${o}, vec4f())` : ''}`;
  return `${from === 'f16' || to === 'f16' ? 'enable f16;' : ''}
${SIZE}
@group(0) @binding(0) var<uniform> size: Size;
@group(0) @binding(1) var<${weights}> w: array<vec4f, ${values.length / 4}>;
@group(0) @binding(2) var<storage, read> x: array<${from}>;
@group(0) @binding(3) var<storage, read_write> y: array<${to}>;
${ENTRY}
let row = id.y * ${rows};
if (id.x >= size.width || row >= size.height) { return; }
let o = id.z * ${vectors};
${each((p, o) => `var a${p}_${o} = w[o + ${o}];`)}
var at = row * size.stride + id.x;
var b = ${headOf(step)} + o;
for (var i = 0; i < ${inputs}; i++) {
${range(rows + 2).map((r) => range(3).map((c) => `let v${r}_${c} = ${f32(`x[at + ${r} * size.stride + ${c}]`)};`).join(' ')).join('\n')}
${taps.map(([ky, kx]) => range(vectors).map((o) => {
  const index = (ky * 3 + kx) * inputs * targets + o;
  return `{ let m = w[b + ${index}]; ${range(rows).map((p) => `a${p}_${o} += m * v${p + ky}_${kx};`).join(' ')} }`;
}).join('\n')).join('\n')}
at += size.plane;
b += ${targets};
}
at = (row + 1) * size.stride + id.x + 1 + o * 4 * size.plane;
${range(rows).map((p) => `if (row + ${p} < size.height) {
${range(vectors).map((o) => `{ let v = ${value(p, o)}; ${range(4).map((k) => `y[at + ${4 * o + k} * size.plane] = ${to}(v.${'xyzw'[k]});`).join(' ')} }`).join('\n')}
}
at += size.stride;`).join('\n')}
}`;
}

/** From RGB floats to planes: luma, red, green and blue, or the colours alone. */
export function prepared(colour: 'luma' | 'rgb'): string {
  return `${SIZE}
@group(0) @binding(0) var<uniform> size: Size;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
${ENTRY}
if (id.x >= size.width || id.y >= size.height) { return; }
let i = (id.y * size.width + id.x) * 3;
let c = vec3f(x[i], x[i + 1], x[i + 2]);
var at = (id.y + 1) * size.stride + id.x + 1;
${colour === 'luma' ? `y[at] = dot(c, vec3f(${LUMA})); at += size.plane;` : ''}
y[at] = c.r;
y[at + size.plane] = c.g;
y[at + 2 * size.plane] = c.b;
}`;
}

/** The anchor, chroma and the pixel shuffle: from planes to the picture. */
export function assembled(colour: 'luma' | 'rgb', scale: number, from: 'f32' | 'f16'): string {
  const f32 = (text: string) => (from === 'f32' ? text : `f32(${text})`);
  const pixels = range(scale ** 2);
  return `${from === 'f16' ? 'enable f16;' : ''}
${SIZE}
@group(0) @binding(0) var<uniform> size: Size;
@group(0) @binding(1) var<storage, read> image: array<f32>;
@group(0) @binding(2) var<storage, read> x: array<${from}>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
fn colour(at: u32) -> vec3f {
return vec3f(image[at], image[at + size.plane], image[at + 2 * size.plane]);
}
fn write(p: vec2u, c: vec3f) {
let v = clamp(c, vec3f(), vec3f(1));
let i = (p.y * size.width * ${scale} + p.x) * 3;
y[i] = v.r; y[i + 1] = v.g; y[i + 2] = v.b;
}
${colour === 'rgb' ? '' : `fn chroma(p: vec2i) -> vec3f {
let q = vec2u(clamp(p, vec2i(), vec2i(i32(size.width), i32(size.height)) - 1) + 1);
let c = colour(size.plane + q.y * size.stride + q.x);
return c - dot(c, vec3f(${LUMA}));
}`}
${ENTRY}
if (id.x >= size.width || id.y >= size.height) { return; }
let at = (id.y + 1) * size.stride + id.x + 1;
${colour === 'rgb' ? `let c = colour(at);
${pixels.map((p) => `write(id.xy * ${scale} + vec2u(${p % scale}, ${Math.floor(p / scale)}), c + vec3f(${range(3).map((k) => f32(`x[at + ${3 * p + k} * size.plane]`)).join(', ')}));`).join('\n')}`
: `let c = image[at];
${pixels.map((p) => `var p${p} = vec3f(c + ${f32(`x[at + ${p} * size.plane]`)});`).join('\n')}
let here = vec2i(id.xy);
${range(5).map((row) => {
  const weightOf = (phase: number, away: number) => taps(scale, phase).find((tap) => tap.away === away)?.weight;
  return `{
${range(5).map((c) => `let t${c} = chroma(here + vec2i(${c - 2}, ${row - 2}));`).join('\n')}
${range(scale).map((dx) => `let h${dx} = ${taps(scale, dx).map(({ away, weight }) => `${weight} * t${away + 2}`).join(' + ')};`).join('\n')}
${pixels.map((p) => ({ p, weight: weightOf(Math.floor(p / scale), row - 2) })).filter(({ weight }) => weight).map(({ p, weight }) => `p${p} += ${weight} * h${p % scale};`).join('\n')}
}`;
}).join('\n')}
${pixels.map((p) => `write(id.xy * ${scale} + vec2u(${p % scale}, ${Math.floor(p / scale)}), p${p});`).join('\n')}`}
}`;
}

void literal;
