/** UpscalerJS with its default model, as its documentation says, for `make bench`. */
import '@tensorflow/tfjs-backend-wasm';
import '@tensorflow/tfjs-backend-webgpu';
import * as tf from '@tensorflow/tfjs';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import defaultModel from '@upscalerjs/default-model';
import Upscaler from 'upscaler';

let upscaler: Upscaler | undefined;

/** False: the backend does not start here. */
async function start(backend: string, modelPath: string, wasmFolder: string): Promise<boolean> {
  setWasmPaths(wasmFolder);
  const started = await tf.setBackend(backend).catch(() => false);
  if (!started || tf.getBackend() !== backend) return false;
  await tf.ready();
  const model = typeof defaultModel === 'function' ? defaultModel : { ...defaultModel };
  upscaler = new Upscaler({ model: { ...model, path: modelPath } });
  await upscaler.ready;
  return true;
}

/** Enlarge a canvas to a tensor, and wait until its values are there. */
async function run(canvas: HTMLCanvasElement): Promise<number[]> {
  if (!upscaler) throw new Error('not started');
  const tensor = await upscaler.upscale(canvas, { output: 'tensor' });
  await tensor.data();
  const { shape } = tensor;
  tensor.dispose();
  return shape;
}

declare global {
  var peer: { start: typeof start; run: typeof run };
}

globalThis.peer = { start, run };
