import { type GraphModel, loadGraphModel } from '@tensorflow/tfjs-converter';
import * as tf from '@tensorflow/tfjs-core';
import type { ModelFiles } from '../core/card';
import type { Enlarged } from '../core/engine';

/** Load a TF.js graph model from the text of its model.json and its weights, on the current backend. */
export async function loadModel(
  modelJson: string,
  weights: ArrayBuffer,
): Promise<GraphModelEnlarger> {
  const json = JSON.parse(modelJson) as tf.io.ModelJSON;
  const artifacts = await tf.io.getModelArtifactsForJSON(json, async (manifest) => [
    tf.io.getWeightSpecs(manifest),
    weights,
  ]);
  return new GraphModelEnlarger(await loadGraphModel(tf.io.fromMemory(artifacts)));
}

/** The weight files of an export as one buffer, in the order that its model.json lists them. */
export function weightBytes(files: ModelFiles): ArrayBuffer {
  const json = JSON.parse(new TextDecoder().decode(files['model.json'])) as tf.io.ModelJSON;
  const shards = json.weightsManifest
    .flatMap(({ paths }) => paths)
    .map((path) => {
      const shard = files[path];
      if (!shard) throw new Error(`model.json lists ${path}, which is missing`);
      return shard.slice().buffer; // a view may cover only part of its buffer
    });
  return tf.io.concatenateArrayBuffers(shards);
}

export class GraphModelEnlarger {
  readonly #model: GraphModel;

  constructor(model: GraphModel) {
    this.#model = model;
  }

  async run(pixels: Float32Array, height: number, width: number): Promise<Enlarged> {
    const output = tf.tidy(() => this.#predict(pixels, height, width));
    try {
      const data = await output.data<'float32'>();
      const [, outHeight, outWidth, channels] = output.shape;
      return { data, height: outHeight, width: outWidth, channels };
    } finally {
      output.dispose();
    }
  }

  /** The names of the kernels that one run uses, in order. */
  async kernels(height: number, width: number): Promise<string[]> {
    const pixels = new Float32Array(height * width * 3);
    const profile = await tf.profile(() => {
      tf.tidy(() => void this.#predict(pixels, height, width));
    });
    // TF.js also lists its own wrappers, named "…__op", next to the kernels that they call.
    return profile.kernels.map(({ name }) => name).filter((name) => !name.endsWith('__op'));
  }

  dispose(): void {
    this.#model.dispose();
  }

  #predict(pixels: Float32Array, height: number, width: number): tf.Tensor4D {
    const input = tf.tensor4d(pixels, [1, height, width, 3]);
    const output = this.#model.predict(input);
    if (!(output instanceof tf.Tensor) || output.rank !== 4) {
      throw new Error('The model does not give one picture: it must have one output of rank 4.');
    }
    return output as tf.Tensor4D;
  }
}
