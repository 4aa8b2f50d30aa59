import { BLOCKS } from '../assembly/convolution.mjs';
import { buildKernels } from './build-kernels.mjs';

/** @type {Map<string, Promise<Uint8Array>>} */
const built = new Map();

/**
 * Resolve `kernels:plain` and `kernels:relaxed` to the compiled programs.
 *
 * @type {import('esbuild').Plugin}
 */
export const kernelFiles = {
  name: 'kernels',
  setup(build) {
    build.onResolve({ filter: /^kernels:/ }, ({ path }) => ({
      path: path.slice('kernels:'.length),
      namespace: 'kernels',
    }));
    build.onLoad({ filter: /.*/, namespace: 'kernels' }, async ({ path }) => {
      const variant = path === 'relaxed' ? 'relaxed' : 'plain';
      if (!built.has(variant)) built.set(variant, buildKernels(variant));
      const program = Buffer.from((await built.get(variant)) ?? []).toString('base64');
      const blockPixels = BLOCKS[variant].map(({ pixels }) => pixels);
      return {
        contents: `export const program = ${JSON.stringify(program)};
          export const blockPixels = ${JSON.stringify(blockPixels)};`,
      };
    });
  },
};
