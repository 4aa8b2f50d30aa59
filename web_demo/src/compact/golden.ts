import { type Backend, isGpu } from '../backend-names';
import type { ModelFiles } from '../card';
import type { Enlarger } from '../engine';
import { NETWORK_FILE } from './file-name';
import { parseNetwork } from './network';

/**
 * Insist that an engine gives the golden vectors of a model.halfsize: drivers do lie.
 *
 * @throws Error saying where the output differs, so that the engine is refused.
 */
export async function requireGoldenCases(
  model: Enlarger,
  files: ModelFiles,
  backend: Backend,
): Promise<boolean> {
  const { golden } = parseNetwork(files[NETWORK_FILE] ?? new Uint8Array());
  // The file has rounded values: what is computed may be just beyond a half, on a GPU a step away.
  const allowed = isGpu(backend) ? 2 : 1;
  for (const { height, width, input, output } of golden) {
    const pixels = new Uint8ClampedArray((input.length / 3) * 4);
    for (let i = 0; i < input.length; i++) pixels[rgba(i)] = input[i] as number;
    const got = await model.runBytes(pixels, height, width);
    for (let i = 0; i < output.length; i++) {
      const error = Math.abs((got[rgba(i)] ?? Number.NaN) - (output[i] as number));
      if (!(error <= allowed)) {
        throw new Error(`it computes wrongly: it differs by ${error} of 255 on ${width}x${height}`);
      }
    }
  }
  return true;
}

/** Where the n-th value of RGB is in RGBA. */
function rgba(index: number): number {
  return index + Math.floor(index / 3);
}
