/**
 * The exporter's view of onnxruntime-web: runs a written .onnx file on WebAssembly, as it is.
 *
 * Built to dist/verify-onnx.js, a classic script that a Python process adds to a blank page, whose
 * own origin hands out dist/ort/.
 */
import * as ort from 'onnxruntime-web/wasm';
import { base64FromBytes, bytesFromBase64 } from '../core/base64';

export type VerifiedBatch = {
  shape: readonly number[];
  /** float32 values exactly as the model returned them, in base64. */
  data: string;
};

let session: ort.InferenceSession | undefined;

/** Load a model from the bytes of its file. */
async function load(modelBase64: string, wasmFolder: string): Promise<void> {
  ort.env.wasm.wasmPaths = wasmFolder;
  ort.env.wasm.numThreads = 1; // threads need special headers
  ort.env.logLevel = 'error';
  await session?.release();
  session = undefined;
  session = await ort.InferenceSession.create(bytesFromBase64(modelBase64), {
    executionProviders: ['wasm'],
  });
}

/** Run the loaded model on a float32 NCHW batch. */
async function run(inputBase64: string, shape: number[]): Promise<VerifiedBatch> {
  if (!session) throw new Error('load a model first');
  const values = new Float32Array(bytesFromBase64(inputBase64).buffer);
  const [given, made] = [session.inputNames[0], session.outputNames[0]];
  if (given === undefined || made === undefined) throw new Error('no input or no output');
  const results = await session.run({ [given]: new ort.Tensor('float32', values, shape) });
  const output = results[made];
  if (!output || !(output.data instanceof Float32Array)) throw new Error('no float32 output');
  const { buffer, byteOffset, byteLength } = output.data;
  const data = base64FromBytes(new Uint8Array(buffer, byteOffset, byteLength));
  return { shape: output.dims, data };
}

const api = { load, run };

declare global {
  var halfsizeVerifyOnnx: typeof api;
}

globalThis.halfsizeVerifyOnnx = api;
