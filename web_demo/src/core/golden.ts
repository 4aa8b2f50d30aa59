import { type Backend, isGpu } from './backends';
import type { Enlarger, GoldenCase } from './engine';

/** The largest difference of an engine's bytes from golden vectors; NaN where bytes are missing. */
export async function goldenError(model: Enlarger, golden: readonly GoldenCase[]): Promise<number> {
  let largest = 0;
  for (const { height, width, input, output } of golden) {
    const pixels = new Uint8ClampedArray((input.length / 3) * 4);
    for (let i = 0; i < input.length; i++) pixels[rgba(i)] = input[i] as number;
    const got = await model.runBytes(pixels, height, width);
    for (let i = 0; i < output.length; i++) {
      // Math.max passes NaN on.
      largest = Math.max(largest, Math.abs((got[rgba(i)] as number) - (output[i] as number)));
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
export async function requireGoldenCases(model: Enlarger, backend: Backend): Promise<boolean> {
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
