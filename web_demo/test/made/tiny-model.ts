/**
 * A TF.js graph model written by hand: one 1x1 convolution that repeats RGB `scale²` times, then
 * depth_to_space. Small enough to check by eye, real enough to load and run.
 */
export function repeatingModel(scale: number): { json: string; weights: ArrayBuffer } {
  const channels = 3 * scale * scale;
  const kernel = new Float32Array(3 * channels);
  for (let out = 0; out < channels; out++) kernel[(out % 3) * channels + out] = 1;
  const dims = (...sizes: number[]) => ({ dim: sizes.map((size) => ({ size: String(size) })) });
  const float = { type: 'DT_FLOAT' };
  const node = (name: string, op: string, input: string[], attr: object) => ({
    name,
    op,
    input,
    attr: { T: float, ...attr },
  });
  const ints = (...values: number[]) => ({ list: { i: values.map(String) } });
  const base64 = (text: string) => ({ s: Buffer.from(text).toString('base64') });
  const json = {
    format: 'graph-model',
    generatedBy: 'test',
    convertedBy: null,
    signature: {
      inputs: { x: { name: 'x:0', dtype: 'DT_FLOAT', tensorShape: dims(-1, -1, -1, 3) } },
      outputs: { y: { name: 'y:0', dtype: 'DT_FLOAT', tensorShape: dims(-1, -1, -1, 3) } },
    },
    modelTopology: {
      node: [
        node('x', 'Placeholder', [], { dtype: float, shape: { shape: dims(-1, -1, -1, 3) } }),
        node('kernel', 'Const', [], { dtype: float }),
        node('conv', 'Conv2D', ['x', 'kernel'], {
          strides: ints(1, 1, 1, 1),
          dilations: ints(1, 1, 1, 1),
          padding: base64('SAME'),
          data_format: base64('NHWC'),
        }),
        node('y', 'DepthToSpace', ['conv'], {
          block_size: { i: String(scale) },
          data_format: base64('NHWC'),
        }),
      ],
      library: {},
      versions: {},
    },
    weightsManifest: [
      {
        paths: ['group1-shard1of1.bin'],
        weights: [{ name: 'kernel', shape: [1, 1, 3, channels], dtype: 'float32' }],
      },
    ],
  };
  return { json: JSON.stringify(json), weights: kernel.buffer };
}
