/**
 * The exporter's view of a browser: runs the written model files in TF.js, as they are.
 *
 * Built to dist/verify.js, a classic script that a Python process adds to a blank page. Arrays
 * cross as base64 text of little-endian float32, which is what every browser's Float32Array holds.
 */
import plain from '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm.wasm';
import simd from '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-simd.wasm';
import { base64FromBytes, bytesFromBase64 } from '../core/base64';
import { type GraphModelEnlarger, loadModel } from '../tfjs/model';
import { startBackend, TFJS_BACKENDS } from '../tfjs/start-backend';

export type Verified = {
  height: number;
  width: number;
  channels: number;
  /** float32 values exactly as the model returned them, in base64. */
  data: string;
};

let model: GraphModelEnlarger | undefined;

/** Start a backend by its TF.js name. False: this browser cannot start it. */
async function start(backend: string): Promise<boolean> {
  const named = TFJS_BACKENDS.find((name) => name === backend);
  if (!named) throw new Error(`no backend is called "${backend}"`);
  model?.dispose();
  model = undefined;
  return startBackend(named, { simd: bytesFromBase64(simd), plain: bytesFromBase64(plain) });
}

/** Load a model from the text of model.json and the bytes of its weight file. */
async function load(modelJson: string, weightsBase64: string): Promise<void> {
  model?.dispose();
  model = undefined;
  model = await loadModel(modelJson, bytesFromBase64(weightsBase64).buffer);
}

/** Run the loaded model on one NHWC picture of `height * width * 3` float32 values. */
async function run(inputBase64: string, height: number, width: number): Promise<Verified> {
  const pixels = new Float32Array(bytesFromBase64(inputBase64).buffer);
  const { data, ...size } = await loaded().run(pixels, height, width);
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return { ...size, data: base64FromBytes(bytes) };
}

/** Name the kernels that one run uses, in order: shows whether TF.js fused each step into one. */
async function kernels(height: number, width: number): Promise<string[]> {
  return loaded().kernels(height, width);
}

function loaded(): GraphModelEnlarger {
  if (!model) throw new Error('load a model first');
  return model;
}

const api = { start, load, run, kernels };

declare global {
  var halfsizeVerify: typeof api;
}

globalThis.halfsizeVerify = api;
