/**
 * Print what a reader downloads, and fail if it is more than promised.
 *
 * Reads dist/: build first. Sizes are as gzip -9 and brotli 11 leave them.
 */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';

const COMPACT = ['dist/halfsize.js', 'dist/engine-wasm.js'];
const INTEGER = ['dist/halfsize.js', 'dist/engine-wasm-integer.js'];

/** @param {string} name */
const model = (name) => ['model.halfsize', 'halfsize.json'].map((file) => `models/${name}/${file}`);

/**
 * Limits in kilobytes (1000 bytes), gzipped. Where less would be left, they are half a kilobyte above
 * the measured size: a small repair need not first save bytes elsewhere.
 */
const SUMS = [
  {
    name: 'page before the first picture',
    files: ['index.html', 'page.css', 'dist/page.js', 'dist/catalogue.js', 'dist/sizes.js'],
    limit: 30,
  },
  { name: 'a page with the element, before a picture', files: ['dist/half-size.js'], limit: 6.8 },
  { name: 'library + compact runtime', files: COMPACT, limit: 15.75 },
  { name: 'library + compact runtime, whole numbers', files: INTEGER, limit: 17.4 },
  {
    name: 'library + compact runtime, transparent',
    files: [...COMPACT, 'dist/engine-wasm-alpha.js'],
    limit: 25.9,
  },
  {
    name: 'library + compact runtime + small-fine',
    files: [...COMPACT, ...model('small-fine')],
    limit: 31.35,
  },
  {
    name: 'library + compact runtime + nano-web',
    files: [...COMPACT, ...model('nano-web')],
    limit: 23.45,
  },
  {
    name: 'element + library + compact runtime + nano-web',
    files: ['dist/half-size.js', ...COMPACT, ...model('nano-web')],
    limit: 30.1, // 30.1 in README
  },
  {
    name: 'library + TF.js, WebGPU',
    files: ['dist/halfsize.js', 'dist/engine-tfjs-webgpu.js'],
    limit: 140,
  },
  {
    name: 'library + TF.js, WebGL',
    files: ['dist/halfsize.js', 'dist/engine-tfjs-webgl.js'],
    limit: 140,
  },
  {
    name: 'library + TF.js, WebAssembly',
    files: ['dist/halfsize.js', 'dist/engine-tfjs-wasm.js'],
    limit: 300,
  },
  {
    name: 'library + TF.js, CPU',
    files: ['dist/halfsize.js', 'dist/engine-tfjs-cpu.js'],
    limit: 140,
  },
];

const EXTRA = ['dist/half-size.mjs', 'dist/halfsize.mjs', 'dist/halfsize-extras.js', 'dist/gif.js'];
const ALONE = [...new Set(SUMS.flatMap(({ files }) => files)), ...EXTRA];

/** @param {string} file */
async function measure(file) {
  const url = new URL(`../${file}`, import.meta.url);
  const bytes = await readFile(fileURLToPath(url)).catch(() => {
    throw new Error(`${file} is missing: run “npm run build” first`);
  });
  const [gzip, brotli] = [gzipSync(bytes, { level: 9 }).length, brotliCompressSync(bytes).length];
  return { file, raw: bytes.length, gzip, brotli };
}

const kilobytes = (/** @type {number} */ bytes) => (bytes / 1000).toFixed(1).padStart(9);

try {
  const measured = await Promise.all(ALONE.map(measure));
  console.log(`${'KB'.padEnd(44)}      raw     gzip   brotli    limit`);
  for (const { file, raw, gzip, brotli } of measured) {
    console.log(file.padEnd(42), kilobytes(raw), kilobytes(gzip), kilobytes(brotli));
  }
  for (const { name, files, limit } of SUMS) {
    const parts = measured.filter(({ file }) => files.includes(file));
    const sum = (/** @type {'raw' | 'gzip' | 'brotli'} */ kind) =>
      parts.reduce((total, part) => total + part[kind], 0);
    const columns = [sum('raw'), sum('gzip'), sum('brotli'), limit * 1000].map(kilobytes);
    console.log(name.padEnd(42), ...columns);
    if (sum('gzip') > limit * 1000) {
      console.error(`error: ${name} is ${sum('gzip')} bytes gzipped, allowed are ${limit * 1000}`);
      process.exitCode = 1;
    }
  }
} catch (error) {
  console.error(`error: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
