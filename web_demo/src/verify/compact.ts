/**
 * The exporter's view of an engine of the compact runtime: runs a written model.halfsize on it.
 *
 * The build uses this instead of `serve`, so that the same engine that readers get is checked:
 * dist/verify-engine-NAME.js is a classic script that a Python process adds to a blank page.
 */

import { requireSameBytes } from '../compact/integer/golden';
import { parseIntegers } from '../compact/integer/network';
import { parseNetwork } from '../compact/network';
import { base64FromBytes, bytesFromBase64 } from '../core/base64';
import { NETWORK_FILE } from '../core/card';
import type { Engine, Enlarged, Enlarger } from '../core/engine';
import { ModelMismatch } from '../core/errors';
import type { PixelBytes } from '../core/picture';
import { enlargedSize, type Scale } from '../core/scale';
import { toByte } from '../tfjs/floats';

/** Where a file has its version, and which one is in whole numbers. */
const VERSION_AT = 4;
const INTEGER_VERSION = 3;

let engine: Engine | undefined;
let model: Enlarger | undefined;
let scale: Scale = { up: 2, down: 1 };

export function serve(served: Engine): void {
  engine = served;
}

/** Load a model. False: the engine does not start in this browser. */
async function open(modelBase64: string): Promise<boolean> {
  if (!engine) throw new Error('the script contains no engine');
  const bytes = bytesFromBase64(modelBase64);
  const isInteger = bytes[VERSION_AT] === INTEGER_VERSION;
  const described = (isInteger ? parseIntegers : parseNetwork)(bytes);
  const { colour, marginPx } = described;
  ({ scale } = described);
  const sizes = { scale: `${scale.up}/${scale.down}`, margin_px: marginPx, align_px: scale.down };
  const card = { name: 'given', ...sizes, colour, parameters: 0 };
  model?.dispose();
  model = undefined;
  try {
    model = await engine.open({ [NETWORK_FILE]: bytes }, { ...card, files: {} });
  } catch (error) {
    if (error instanceof ModelMismatch || engine.backend === 'wasm') throw error;
    return false;
  }
  if (isInteger) await requireSameBytes(model);
  return true;
}

/**
 * Run the model on one NHWC picture of floats; where they are bytes, as bytes as well. A model in whole
 * numbers runs on bytes alone.
 */
async function run(inputBase64: string, height: number, width: number) {
  if (!model) throw new Error('open a model first');
  const pixels = new Float32Array(bytesFromBase64(inputBase64).buffer);
  const bytes = asBytes(pixels);
  const got = bytes && (await model.runBytes(bytes, height, width));
  const enlarged = model.checks
    ? { data: floatsOf(got), ...enlargedSize({ height, width }, scale), channels: 3 }
    : await model.run?.(pixels, height, width);
  if (!enlarged) throw new Error('the engine does not run on floats');
  if (got) requireSame(enlarged, got);
  const { data, ...size } = enlarged;
  return {
    ...size,
    data: base64FromBytes(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
  };
}

/** RGB floats of RGBA bytes. */
function floatsOf(bytes: PixelBytes | undefined): Float32Array {
  if (!bytes) throw new Error('a model in whole numbers takes bytes, which these floats are not');
  return Float32Array.from(
    { length: (bytes.length / 4) * 3 },
    (_, i) => (bytes[i + Math.floor(i / 3)] as number) / 255,
  );
}

/** RGBA bytes, if that is what the floats are. */
function asBytes(pixels: Float32Array): PixelBytes | undefined {
  const bytes = new Uint8ClampedArray((pixels.length / 3) * 4);
  for (let i = 0; i < pixels.length; i++) {
    const byte = toByte(pixels[i] as number);
    if (Math.fround(byte / 255) !== pixels[i]) return undefined;
    bytes[4 * Math.floor(i / 3) + (i % 3)] = byte;
  }
  return bytes;
}

/** Both must compute the same, and may differ by one only where rounding is a tie. */
function requireSame({ data }: Enlarged, bytes: PixelBytes): void {
  for (let i = 0; i < data.length; i++) {
    const byte = bytes[4 * Math.floor(i / 3) + (i % 3)] as number;
    if (!(Math.abs(byte - toByte(data[i] as number)) <= 1)) {
      throw new Error(`on bytes it gives ${byte}, on floats ${data[i]}, at value ${i}`);
    }
  }
  for (let i = 3; i < bytes.length; i += 4) {
    if (bytes[i] !== 255) throw new Error('on bytes it does not give opaque pixels');
  }
}

/** The opened model itself, for methods that only some engines have. */
const enlarger = () => model;

const api = { open, run, enlarger };

declare global {
  var halfsizeVerifyEngine: typeof api;
}

globalThis.halfsizeVerifyEngine = api;
