/** The text of the WebGPU engine's shaders: made of numbers of the network's shape alone. */
import type { Scale } from '../../core/scale';
import { bicubic, LUMA, range, type Step, XYZW } from './layout';

/** Invocations of a work group, in pixels across and rows (of `ROWS` pixels where they say so) down. */
export const GROUP = { x: 8, y: 8 };

/** Rows of pixels that one invocation of a convolution computes: a weight is read once for all. */
export const ROWS = 4;

/** Where a picture may come from; where it goes to: bytes, or the texture of a canvas. */
export type Source = 'floats' | 'bytes' | 'texture';

type Float = 'f32' | 'f16';

/**
 * A picture is planes of numbers, each with a number of every block of pixels, and with a border of
 * zeros that is the zero padding: neighbours in a row are neighbours in memory, for neighbouring
 * invocations to read.
 */
const SIZE = `struct Size { height: u32, width: u32, stride: u32, plane: u32 }
@group(0) @binding(0) var<uniform> size: Size;`;

const ENTRY = `@compute @workgroup_size(${GROUP.x}, ${GROUP.y})
fn main(@builtin(global_invocation_id) id: vec3u) {`;

const OUTSIDE = 'if (id.x >= size.width || id.y >= size.height) { return; }';

/** What a shader says of numbers: floats, or whole ones. */
export type Dialect = {
  /** A function that its other texts call. */
  helper: string;
  /** A colour as it is kept, of one in [0, 1] that was a byte by whatever way. */
  kept: (colour: string) => string;
  /** The luma of a colour that is kept. */
  luma: (colour: string) => string;
  /** The statement that declares `v`, a step's results of its sums. */
  activated: (step: Step, sum: string, vector: number) => string;
  /** What is repeated of the input: of what is kept. */
  anchor: (kept: string) => string;
  bicubic: (
    scale: Scale,
    pixels: readonly number[],
    isChroma: boolean,
    declare: (name: string, value: string) => string,
    read: (x: number, y: number) => string,
  ) => string;
  /** Whole bytes in [0, 1], of a pixel. */
  finished: (pixel: string) => string;
};

export const FLOATS: Dialect = {
  helper: '',
  kept: exact,
  luma: (colour) => `dot(${colour}, vec3f(${LUMA}))`,
  activated: ({ vectors, activation }, sum, o) => {
    const negative = activation === 'prelu' ? ` + w[${vectors + o}] * min(${sum}, vec4f())` : '';
    return `let v = ${activation === 'none' ? sum : `max(${sum}, vec4f())${negative}`};`;
  },
  anchor: (kept) => kept,
  bicubic: (scale, pixels, _, declare, read) => bicubic(scale, pixels, declare, read),
  finished: (pixel) => `floor(saturate(${pixel}) * 255 + .5) / 255`,
};

export type ConvolutionShape = {
  dialect: Dialect;
  step: Step;
  from: Float;
  to: Float;
  weights: 'uniform' | 'storage, read';
};

/** A step, from planes to planes. */
export function convolution({ dialect, step, from, to, weights }: ConvolutionShape): string {
  const { inputs, vectors, values } = step;
  const rowOf = (tap: number) => tap * inputs * vectors;
  const read = (row: number, column: number) =>
    `let v${row}_${column} = f32(x[at + ${row} * size.stride + ${column}]);`;
  const taps = range(9).flatMap((tap) =>
    range(vectors).map((o) => {
      const sums = range(ROWS).map(
        (p) => `a${p}_${o} += m * v${p + Math.floor(tap / 3)}_${tap % 3};`,
      );
      return `{ let m = w[b + ${rowOf(tap) + o}]; ${sums.join(' ')} }`;
    }),
  );
  return `${from === 'f16' || to === 'f16' ? 'enable f16;' : ''}
${SIZE}
@group(0) @binding(1) var<${weights}> w: array<vec4f, ${values.length / 4}>;
@group(0) @binding(2) var<storage, read> x: array<${from}>;
@group(0) @binding(3) var<storage, read_write> y: array<${to}>;
${ENTRY}
let row = id.y * ${ROWS};
if (id.x >= size.width || row >= size.height) { return; }
${range(ROWS)
  .map((p) =>
    range(vectors)
      .map((o) => `var a${p}_${o} = w[${o}];`)
      .join(' '),
  )
  .join('\n')}
var at = row * size.stride + id.x;
var b = ${step.heads * vectors};
for (var i = 0; i < ${inputs}; i++) {
${range(ROWS + 2)
  .map((row) =>
    range(3)
      .map((column) => read(row, column))
      .join(' '),
  )
  .join('\n')}
${taps.join('\n')}
at += size.plane;
b += ${vectors};
}
at = (row + 1) * size.stride + id.x + 1;
${range(ROWS)
  .map((p) => written(dialect, step, p, to))
  .join('\n')}
}`;
}

function written(dialect: Dialect, step: Step, p: number, to: Float): string {
  const lines = range(step.vectors).map((o) => {
    const planes = range(4).map((k) => `y[at + ${4 * o + k} * size.plane] = ${to}(v.${XYZW[k]});`);
    return `{ ${dialect.activated(step, `a${p}_${o}`, o)} ${planes.join(' ')} }`;
  });
  return `if (row + ${p} < size.height) {
${lines.join('\n')}
}
at += size.stride;`;
}

/** Where a tile lies in a texture, in blocks: where it reads from, and what is kept of it, up to `end`. */
const PLACE = `struct Place { read: vec2u, keep: vec2u, end: vec2u }`;

/** The bytes' own floats, the same ones by whatever way a byte became a float. */
function exact(colour: string): string {
  return `round(${colour} * 255) / 255`;
}

/** A variable of a source, and how the colour of the pixel `p` is read from it. */
function sourceOf(
  { kept }: Dialect,
  source: Source,
  down: number,
): [variable: string, read: string] {
  const index = `p.y * size.width * ${down} + p.x`;
  switch (source) {
    case 'floats':
      return [
        'var<storage, read> x: array<f32>',
        `let i = (${index}) * 3;\nlet c = vec3f(x[i], x[i + 1], x[i + 2]);`,
      ];
    case 'bytes':
      return [
        'var<storage, read> x: array<u32>',
        `let c = ${kept(`unpack4x8unorm(x[${index}]).rgb`)};`,
      ];
    case 'texture':
      return [
        'var x: texture_2d<f32>',
        // A picture that ends within a block repeats its edge.
        `let q = min(p + place.read * ${down}, textureDimensions(x) - 1);
let c = ${kept('textureLoad(x, q, 0).rgb')};`,
      ];
  }
}

/**
 * From a picture to planes of the colours of each pixel of a block, before them those of luma where that
 * is wanted.
 */
export function prepared(
  dialect: Dialect,
  colour: 'luma' | 'rgb',
  { down }: Scale,
  source: Source,
): string {
  const [variable, read] = sourceOf(dialect, source, down);
  const colours = coloursFrom(colour, down);
  const pixels = range(down ** 2).map((i) => {
    const write = (plane: number, value: string) => `y[at + ${plane} * size.plane] = ${value};`;
    return `{
let p = id.xy * ${down} + vec2u(${i % down}, ${Math.floor(i / down)});
${read}
${colours > 0 ? write(i, dialect.luma('c')) : ''}
${range(3)
  .map((k) => write(colours + 3 * i + k, `c.${XYZW[k]}`))
  .join('\n')}
}`;
  });
  return `${SIZE}
@group(0) @binding(1) ${variable};
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
${dialect.helper}
${source === 'texture' ? `${PLACE}\n@group(0) @binding(3) var<uniform> place: Place;` : ''}
${ENTRY}
${OUTSIDE}
let at = (id.y + 1) * size.stride + id.x + 1;
${pixels.join('\n')}
}`;
}

/** The first plane of colours. */
function coloursFrom(colour: 'luma' | 'rgb', down: number): number {
  return colour === 'luma' ? down ** 2 : 0;
}

/** How many planes `prepared` makes. */
export function imagePlanes(colour: 'luma' | 'rgb', { down }: Scale): number {
  return coloursFrom(colour, down) + 3 * down ** 2;
}

/** Whether a picture is not opaque: then `flag` is set. */
export const SCAN = `@group(0) @binding(0) var x: texture_2d<f32>;
@group(0) @binding(1) var<storage, read_write> flag: atomic<u32>;
${ENTRY}
if (all(id.xy < textureDimensions(x)) && textureLoad(x, id.xy, 0).a < 1) { atomicStore(&flag, 1); }
}`;

/** The anchor, chroma and the pixel shuffle: from planes to a picture of bytes, or a tile of it. */
export function assembled(
  dialect: Dialect,
  colour: 'luma' | 'rgb',
  scale: Scale,
  target: 'bytes' | 'texture',
): string {
  const { up, down } = scale;
  const isBytes = target === 'bytes';
  const pixels = range(up ** 2);
  const isLuma = colour === 'luma';
  const isWhole = down === 1;
  const part = (plane: number) => `x[at + ${plane} * size.plane]`;
  const anchor = isWhole ? `${dialect.anchor(isLuma ? 'image[at]' : 'c')} + ` : '';
  const values = pixels.map((p) => {
    const parts = isLuma ? part(p) : `vec3f(${[0, 1, 2].map((k) => part(4 * p + k)).join(', ')})`;
    return `var p${p} = vec3f(${anchor}${parts});`;
  });
  const enlarged = dialect.bicubic(
    scale,
    pixels,
    isWhole,
    (name, value) => `let ${name} = ${value};`,
    (x, y) => `near(here + vec2i(${x}, ${y}))`,
  );
  return `${SIZE}
@group(0) @binding(1) var<storage, read> image: array<f32>;
@group(0) @binding(2) var<storage, read> x: array<f32>;
${
  isBytes
    ? '@group(0) @binding(3) var<storage, read_write> y: array<u32>;'
    : `@group(0) @binding(3) var y: texture_storage_2d<rgba8unorm, write>;
${PLACE}
@group(0) @binding(4) var<uniform> place: Place;`
}
fn colour(p: vec2u) -> vec3f {
let b = p / ${down} + 1;
let i = p % ${down};
let at = (${coloursFrom(colour, down)} + 3 * (i.y * ${down} + i.x)) * size.plane + b.y * size.stride + b.x;
return vec3f(image[at], image[at + size.plane], image[at + 2 * size.plane]);
}
fn store(p: vec2u, c: vec3f) {
let v = vec4f(${dialect.finished('c')}, 1);
${isBytes ? `y[p.y * size.width * ${up} + p.x] = pack4x8unorm(v);` : 'textureStore(y, p, v);'}
}
${dialect.helper}
${isWhole && !isLuma ? '' : near(dialect, down)}
${ENTRY}
${OUTSIDE}
${isBytes ? 'let to = id.xy;' : 'let to = id.xy + place.read;\nif (any(to < place.keep) || any(to >= place.end)) { return; }'}
let at = (id.y + 1) * size.stride + id.x + 1;
let here = vec2i(id.xy) * ${down};
let c = colour(id.xy * ${down});
${values.join('\n')}
${isLuma || !isWhole ? enlarged : ''}
${pixels.map((p) => `store(to * ${up} + vec2u(${p % up}, ${Math.floor(p / up)}), p${p});`).join('\n')}
}`;
}

/** What bicubic enlarges; pixels beyond an edge repeat the edge. */
function near({ luma }: Dialect, down: number): string {
  return `fn near(p: vec2i) -> vec3f {
let c = colour(vec2u(clamp(p, vec2i(), vec2i(i32(size.width), i32(size.height)) * ${down} - 1)));
return c${down === 1 ? ` - ${luma('c')}` : ''};
}`;
}
