import { fileURLToPath } from 'node:url';

/** The kernels that an export needs, by TF.js's file names: all others stay out of the bundles. */
const KERNELS = [
  'Add',
  'AddN',
  'ClipByValue',
  'Concat',
  'Conv2D',
  'DepthToSpace',
  'ExpandDims',
  'Floor',
  'FloorDiv',
  'FusedConv2D',
  'Identity',
  'MirrorPad',
  'Multiply',
  'Pack',
  'Prelu',
  'Relu',
  'Reshape',
  'Slice',
  'Sub',
  'Transpose',
  'Unpack',
  '_FusedMatMul',
];

/**
 * What `tfjs-kernels:BACKEND` holds: the configs of one backend's kernels, as `KERNELS`.
 *
 * @param {string} backend
 */
function moduleOf(backend) {
  const configs = KERNELS.map((kernel) => ({
    file: `@tensorflow/tfjs-backend-${backend}/dist/kernels/${kernel}`,
    config: `${kernel.replace(/[A-Z]/, (letter) => letter.toLowerCase())}Config`,
  }));
  const imports = configs.map(({ file, config }) => `import { ${config} } from '${file}';`);
  const names = configs.map(({ config }) => config);
  return `${imports.join('\n')}\nexport const KERNELS = [${names.join(', ')}];`;
}

/**
 * Resolve `tfjs-kernels:BACKEND`.
 *
 * @type {import('esbuild').Plugin}
 */
export const tfjsKernels = {
  name: 'tfjs-kernels',
  setup(build) {
    build.onResolve({ filter: /^tfjs-kernels:/ }, ({ path }) => ({
      path: path.replace('tfjs-kernels:', ''),
      namespace: 'tfjs-kernels',
    }));
    build.onLoad({ filter: /.*/, namespace: 'tfjs-kernels' }, ({ path }) => ({
      contents: moduleOf(path),
      resolveDir: fileURLToPath(new URL('../', import.meta.url)),
    }));
  },
};
