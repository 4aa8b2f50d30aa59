import { type Backend, isGpu } from './backends';
import type { Enlarger, GoldenCase } from './engine';
import { blankPicture, cropPicture } from './picture';
import { enlarged, padded } from './scale';

/** The RGB bytes that an engine makes of a golden input. */
export async function goldenBytes(
  model: Enlarger,
  { scale, height, width, input }: Omit<GoldenCase, 'output'>,
): Promise<Uint8ClampedArray> {
  const small = blankPicture(width, height);
  for (let i = 0; i < input.length; i++) small.data[rgba(i)] = input[i] as number;
  const rows = { start: 0, end: padded(height, scale) };
  const whole = cropPicture(small, rows, { start: 0, end: padded(width, scale) });
  const got = await model.runBytes(whole.data, whole.height, whole.width);
  const across = enlarged(whole.width, scale);
  const kept = enlarged(width, scale);
  return got
    .filter((_, at) => at % 4 < 3 && (at >> 2) % across < kept)
    .subarray(0, 3 * kept * enlarged(height, scale));
}

/** The largest difference of an engine's bytes from golden vectors; NaN where bytes are missing. */
export async function goldenError(model: Enlarger, golden: readonly GoldenCase[]): Promise<number> {
  let largest = 0;
  for (const checked of golden) {
    const got = await goldenBytes(model, checked);
    for (const [i, byte] of checked.output.entries()) {
      // Math.max passes NaN on.
      largest = Math.max(largest, Math.abs((got[i] as number) - byte));
    }
  }
  return largest;
}

/**
 * Require that an engine reproduces the golden vectors of its model: drivers have bugs.
 *
 * @returns false for a model without golden vectors, which cannot be checked.
 * @throws Error saying by how much the output differs, so that the engine is refused.
 */
export async function requireGoldenCases(
  model: Enlarger,
  _files: unknown,
  backend: Backend,
): Promise<boolean> {
  if (!model.golden) return false;
  const error = await goldenError(model, model.golden);
  // The file has rounded values: what is computed may be just beyond a half, on a GPU a step away.
  if (error <= (isGpu(backend) ? 2 : 1)) return true;
  throw new Error(`it computes wrongly: ${error}/255`);
}

/** Where the n-th value of RGB is in RGBA. */
function rgba(index: number): number {
  return index + Math.floor(index / 3);
}
