import { type Backend, isGpu } from '../core/backends';
import { GOLDEN_FILE, type ModelFiles } from '../core/card';
import { ModelMismatch, reasonOf } from '../core/errors';
import { enlargedSize, padded, type Scale, type Size } from '../core/scale';
import type { Run } from './floats';

/** An export's small inputs with the outputs that its model gave: bytes in, values in [0, 1] out. */
type Golden = {
  format: number;
  tolerance: number;
  cases: { name: string; input: Values; output: Values }[];
};

type Values = { shape: [height: number, width: number, channels: number]; values: number[] };

/** A GPU may compute with 16-bit floats: one step of an 8-bit pixel is allowed. */
const GPU_TOLERANCE = 1 / 255;

/**
 * Insist that a backend gives a model's golden vectors: drivers do lie.
 *
 * @param scale - of the model: pictures are continued to whole blocks for it.
 * @returns false for a model that brought none, which cannot be checked.
 * @throws Error saying where the output differs, so that the backend is refused.
 */
export async function requireGolden(
  model: { run?: Run },
  files: ModelFiles,
  backend: Backend,
  scale: Scale,
): Promise<boolean> {
  const file = files[GOLDEN_FILE];
  const { run } = model;
  if (!file || !run) return false;
  const { tolerance, cases } = parseGolden(new TextDecoder().decode(file));
  const allowed = isGpu(backend) ? Math.max(tolerance, GPU_TOLERANCE) : tolerance;
  for (const { name, input, output } of cases) {
    const [height, width] = input.shape;
    const own = { height, width };
    const whole = { height: padded(height, scale), width: padded(width, scale) };
    const pixels = fitted(input.values, own, whole).map((byte) => byte / 255);
    const { data } = await run(pixels, whole.height, whole.width);
    const full = enlargedSize(whole, scale);
    const isWhole = data.length === full.height * full.width * 3;
    const error = isWhole
      ? largestError(fitted(data, full, enlargedSize(own, scale)), output.values)
      : Number.POSITIVE_INFINITY;
    if (!(error <= allowed)) {
      throw new Error(`it computes wrongly: it differs by ${error.toPrecision(2)} on ${name}`);
    }
  }
  return true;
}

/** RGB of another size: what is too much is cut off, and the last row and column are repeated. */
function fitted(values: ArrayLike<number>, from: Size, to: Size): Float32Array {
  return Float32Array.from({ length: to.height * to.width * 3 }, (_, i) => {
    const pixel = Math.floor(i / 3);
    const y = Math.min(Math.floor(pixel / to.width), from.height - 1);
    const x = Math.min(pixel % to.width, from.width - 1);
    return values[(y * from.width + x) * 3 + (i % 3)] as number;
  });
}

/** The largest difference; infinite for another length, and a NaN is as wrong as can be. */
function largestError(got: Float32Array, expected: readonly number[]): number {
  if (got.length !== expected.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (const [i, value] of expected.entries()) {
    const error = Math.abs((got[i] as number) - value);
    if (!(error <= largest)) largest = Number.isNaN(error) ? Number.POSITIVE_INFINITY : error;
  }
  return largest;
}

function parseGolden(text: string): Golden {
  try {
    const golden = JSON.parse(text) as Golden;
    if (golden.format !== 1) throw new Error(`format ${golden.format} is not known`);
    if (!(golden.tolerance > 0 && golden.tolerance <= 0.1) || golden.cases.length === 0) {
      throw new Error('its tolerance or its cases check nothing');
    }
    return golden;
  } catch (error) {
    throw new ModelMismatch(`The model’s ${GOLDEN_FILE} cannot be used: ${reasonOf(error)}.`);
  }
}
