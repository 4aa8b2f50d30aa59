import { bicubicLines, bicubicReach } from '../compact/chroma';
import { swapped } from '../compact/file';
import { type ChainNetwork, parseNetwork } from '../compact/network';
import type { ModelFiles } from '../core/card';
import { NETWORK_FILE } from '../core/card';
import type { Scale } from '../core/scale';

type Tensor = { name: string; shape: number[]; values: ArrayLike<number> };

/** The files of a TF.js graph model; those of the compact runtime are converted. */
export function graphFiles(files: ModelFiles): ModelFiles {
  const file = files[NETWORK_FILE];
  return file ? graphOf(parseNetwork(file)) : files;
}

/** A chain as the graph that `python -m export.tfjs` would write: docs/reference/format.md says what it does. */
function graphOf(network: ChainNetwork): ModelFiles {
  const graph = new Graph();
  const { scale, layers } = network;
  const { up, down } = scale;
  const isLuma = network.colour === 'luma';
  const sub = up ** 2;
  const native = isLuma ? graph.convolve('x', 'luma', [1, 1, 3, 1], LUMA) : 'x';
  let features = native;
  for (const [index, { outputs, weights, bias, slopes }] of layers.entries()) {
    const name = `layer${index}`;
    const isFirst = index === 0;
    const side = isFirst ? 3 * down : 3;
    const shape = [side, side, weights.length / (side ** 2 * outputs), outputs];
    const kernel = isFirst ? swapped(weights, 3, down) : weights;
    const sums = graph.convolve(features, name, shape, kernel, isFirst ? down : 1);
    features = graph.add(sums, graph.constant(`${name}/bias`, [outputs], bias));
    if (index === layers.length - 1) break;
    features = slopes
      ? graph.node(`${name}/prelu`, 'Prelu', [
          features,
          graph.constant(`${name}/slopes`, [1, 1, outputs], slopes),
        ])
      : graph.node(`${name}/relu`, 'Relu', [features]);
  }
  const colours = isLuma ? 1 : 3;
  const anchor =
    down === 1
      ? graph.convolve(native, 'anchor', [1, 1, colours, colours * sub], repeated(colours, sub))
      : bicubic(graph, native, 'anchor', scale, isLuma ? [[1]] : IDENTITY);
  const planes = graph.add(features, anchor);
  // The planes of one colour after another; depth_to_space wants the colours of one sub-pixel.
  const mixed = isLuma
    ? graph.convolve(
        graph.join(planes, bicubic(graph, 'x', 'chroma', scale, CHROMA)),
        'mix',
        [1, 1, 3 * sub, 3 * sub],
        mix(sub),
      )
    : graph.convolve(planes, 'order', [1, 1, 3 * sub, 3 * sub], regrouped(sub, IDENTITY));
  return graph.files(up, mixed);
}

const LUMA = [0.299, 0.587, 0.114];
const IDENTITY = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
];
const RGB_FROM_YCC = [
  [1, 0, 1.402],
  [1, (-0.114 * 1.772) / 0.587, (-0.299 * 1.402) / 0.587],
  [1, 1.772, 0],
];
const CHROMA = [
  [-0.299 / 1.772, -0.587 / 1.772, (1 - 0.114) / 1.772],
  [(1 - 0.299) / 1.402, -0.587 / 1.402, -0.114 / 1.402],
];

function repeated(colours: number, sub: number): number[] {
  const kernel = Array(colours * colours * sub).fill(0);
  for (let c = 0; c < colours; c++) {
    for (let p = 0; p < sub; p++) kernel[c * colours * sub + c * sub + p] = 1;
  }
  return kernel;
}

/** From planes [colour][sub-pixel] to [sub-pixel][colour], with a matrix between the colours. */
function regrouped(sub: number, matrix: number[][]): number[] {
  const kernel = Array(9 * sub * sub).fill(0);
  for (const [to, row] of matrix.entries()) {
    for (const [from, weight] of row.entries()) {
      for (let p = 0; p < sub; p++) kernel[(from * sub + p) * 3 * sub + p * 3 + to] = weight;
    }
  }
  return kernel;
}

function mix(sub: number): number[] {
  return regrouped(sub, RGB_FROM_YCC);
}

/** Colours enlarged by bicubic, the planes of one after another; each is a row of the matrix. */
function bicubic(graph: Graph, from: string, name: string, scale: Scale, matrix: number[][]) {
  const { up, down } = scale;
  const lines = bicubicLines(scale);
  const reach = bicubicReach(scale);
  const side = down + 2 * reach;
  const kernel: number[] = [];
  for (let tap = 0; tap < side ** 2; tap++) {
    for (const [input] of (matrix[0] as number[]).entries()) {
      for (const weights of matrix) {
        for (let p = 0; p < up ** 2; p++) {
          const vertical = lines[Math.floor(p / up) * side + Math.floor(tap / side)] as number;
          const across = lines[(p % up) * side + (tap % side)] as number;
          kernel.push(vertical * across * (weights[input] as number));
        }
      }
    }
  }
  // Mirrored with its edge by one pixel, an edge is repeated: done as often as bicubic reaches.
  const pads = graph.constant(`${name}/pads`, [4, 2], [0, 0, 1, 1, 1, 1, 0, 0], 'int32');
  let wide = from;
  for (let px = 1; px <= reach; px++) {
    const mode = text('SYMMETRIC');
    wide = graph.node(`${name}/pad${px}`, 'MirrorPad', [wide, pads], { mode });
  }
  const shape = [side, side, matrix[0]?.length ?? 0, matrix.length * up ** 2];
  return graph.convolve(wide, name, shape, kernel, down, 'VALID');
}

const FLOAT = { type: 'DT_FLOAT' };

function text(value: string) {
  return { s: btoa(value) };
}

function dims(...sizes: number[]) {
  return { dim: sizes.map((size) => ({ size: String(size) })) };
}

/** Collects the nodes and weights of a graph model; everything is named by its caller. */
class Graph {
  readonly #nodes: object[] = [];
  readonly #weights: (Tensor & { dtype: string })[] = [];

  node(name: string, op: string, input: string[], attr: object = {}): string {
    this.#nodes.push({ name, op, input, attr: { T: FLOAT, ...attr } });
    return name;
  }

  constant(name: string, shape: number[], values: ArrayLike<number>, dtype = 'float32'): string {
    this.#weights.push({ name, shape, values, dtype });
    const type = { type: dtype === 'int32' ? 'DT_INT32' : 'DT_FLOAT' };
    this.#nodes.push({ name, op: 'Const', input: [], attr: { dtype: type } });
    return name;
  }

  add(left: string, right: string): string {
    return this.node(`${left}+${right}`.replaceAll('/', '_'), 'AddV2', [left, right]);
  }

  join(left: string, right: string): string {
    const axis = this.constant('axis', [], [3], 'int32');
    return this.node('joined', 'ConcatV2', [left, right, axis], { N: { i: '2' } });
  }

  convolve(
    from: string,
    name: string,
    shape: number[],
    kernel: ArrayLike<number>,
    stride = 1,
    padding = 'SAME',
  ) {
    const list = (side: number) => ({ list: { i: [1, side, side, 1].map(String) } });
    return this.node(name, 'Conv2D', [from, this.constant(`${name}/kernel`, shape, kernel)], {
      strides: list(stride),
      dilations: list(1),
      padding: text(padding),
      data_format: text('NHWC'),
    });
  }

  files(up: number, mixed: string): ModelFiles {
    const shuffled = this.node('shuffled', 'DepthToSpace', [mixed], {
      block_size: { i: String(up) },
      data_format: text('NHWC'),
    });
    const [least, most] = [this.constant('least', [], [0]), this.constant('most', [], [1])];
    this.node('y', 'ClipByValue', [shuffled, least, most]);
    const place = dims(-1, -1, -1, 3);
    const x = {
      name: 'x',
      op: 'Placeholder',
      input: [],
      attr: { dtype: FLOAT, shape: { shape: place } },
    };
    const end = (name: string) => ({
      [name]: { name: `${name}:0`, dtype: 'DT_FLOAT', tensorShape: place },
    });
    const bytes = this.#weights.map(({ values, dtype }) =>
      dtype === 'int32' ? Int32Array.from(values) : Float32Array.from(values),
    );
    const json = {
      format: 'graph-model',
      signature: { inputs: end('x'), outputs: end('y') },
      modelTopology: { node: [x, ...this.#nodes], library: {}, versions: {} },
      weightsManifest: [
        {
          paths: ['weights'],
          weights: this.#weights.map(({ name, shape, dtype }) => ({ name, shape, dtype })),
        },
      ],
    };
    return {
      'model.json': new Uint8Array(new TextEncoder().encode(JSON.stringify(json))),
      weights: joined(bytes),
    };
  }
}

function joined(arrays: (Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>)[]) {
  const result = new Uint8Array(arrays.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const array of arrays) {
    result.set(new Uint8Array(array.buffer), at);
    at += array.byteLength;
  }
  return result;
}
