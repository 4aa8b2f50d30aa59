/**
 * Build dist/: the library, its engines, the page's script, and what the exporter's check in a
 * browser needs.
 *
 * `--models DIR` packs the export folders below DIR instead of models/, and `--out DIR` writes
 * somewhere else than dist/.
 */
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { minify } from 'terser';
import { embedKernels, kernelFiles } from './kernel-plugin.mjs';
import { packModels } from './pack-models.mjs';
import { prunedTfjs } from './tfjs-plugin.mjs';

const root = fileURLToPath(new URL('../', import.meta.url));
const { values } = parseArgs({
  options: {
    models: { type: 'string', default: path.join(root, 'models') },
    out: { type: 'string', default: path.join(root, 'dist') },
  },
});
const out = path.resolve(values.out);

const ENGINES = [
  'webgpu',
  'webgl2',
  'wasm',
  'tfjs-webgpu',
  'tfjs-webgl',
  'tfjs-wasm',
  'tfjs-cpu',
].filter((name) => existsSync(path.join(root, 'src', 'engines', `${name}.ts`)));

/** @satisfies {import('esbuild').BuildOptions} */
const common = {
  absWorkingDir: root,
  bundle: true,
  minify: true,
  format: 'iife',
  platform: 'browser',
  target: 'es2022',
  legalComments: 'none',
  logLevel: 'warning',
  loader: { '.wasm': 'base64' },
  charset: 'utf8',
};

/** A classic script cannot ask for its own address later than while it first runs. */
const SCRIPT_URL =
  'var halfsizeScriptUrl=typeof document==="object"&&document.currentScript?document.currentScript.src:"";';

/**
 * What esbuild has minified, minified once more: terser leaves 3 percent less, gzipped. It is left
 * in ASCII: a page that names no charset reads scripts as windows-1252, and strings would change.
 *
 * @param {string} text
 */
async function smaller(text, module = false) {
  const compress = { passes: 3, unsafe_arrows: true, unsafe_methods: true };
  const format = { ascii_only: true };
  const { code } = await minify(text, { ecma: 2020, module, compress, format });
  if (code === undefined) throw new Error('terser gave nothing');
  return code;
}

/**
 * @param {string} name
 * @param {string} entry
 */
async function buildScript(name, entry) {
  const { outputFiles } = await build({
    ...common,
    entryPoints: [entry],
    banner: { js: SCRIPT_URL },
    define: { 'import.meta.url': 'halfsizeScriptUrl' },
    write: false,
  });
  await writeFile(path.join(out, `${name}.js`), await smaller(outputFiles[0]?.text ?? ''));
}

async function buildModule() {
  const { outputFiles } = await build({
    ...common,
    format: 'esm',
    entryPoints: ['src/library/main.ts'],
    write: false,
  });
  const text = await smaller(outputFiles[0]?.text ?? '', true);
  await writeFile(path.join(out, 'halfsize.mjs'), text);
}

/**
 * One file that is a worker when a worker loads it, and otherwise leaves the engine as a function:
 * for a worker made of its text, or to be called on the page.
 *
 * @param {string} name
 */
async function buildEngine(name) {
  const { outputFiles } = await build({
    ...common,
    entryPoints: [`src/engines/${name}.ts`],
    plugins: name.startsWith('tfjs-') ? [prunedTfjs] : [kernelFiles],
    // Operations that were left out are never called: models that use them are refused.
    logOverride: { 'import-is-undefined': 'silent' },
    write: false,
  });
  const bundled = outputFiles[0]?.text ?? '';
  // TF.js is large, and as good as its own minifier left it.
  const script = name.startsWith('tfjs-') ? bundled : await embedKernels(await smaller(bundled));
  const text =
    `(()=>{const start=function(halfsizePort){${script}};` +
    'if(typeof WorkerGlobalScope==="function"&&self instanceof WorkerGlobalScope)start(self);' +
    `else((globalThis.halfsizeParts??={}).engines??={})["${name}"]=start})();\n`;
  await writeFile(path.join(out, `engine-${name}.js`), text);
}

/**
 * An engine of the small runtime for the exporter's check, with src/verify-engine.ts around it.
 *
 * @param {string} name
 */
async function buildVerifier(name) {
  /** @type {import('esbuild').Plugin} */
  const surrounded = {
    name: 'surrounded',
    setup: (building) => {
      const path = `${root}src/verify-engine.ts`;
      building.onResolve({ filter: /\/worker\/serve$/ }, () => ({ path }));
      const floats = `${root}src/compact/wasm-floats.ts`;
      building.onResolve({ filter: /\/no-floats$/ }, () => ({ path: floats }));
    },
  };
  const { outputFiles } = await build({
    ...common,
    entryPoints: [`src/engines/${name}.ts`],
    plugins: [surrounded, kernelFiles],
    write: false,
  });
  const text = await embedKernels(outputFiles[0]?.text ?? '');
  await writeFile(path.join(out, `verify-engine-${name}.js`), text);
}

/**
 * A classic script that leaves `value` for the page under `name`.
 *
 * @param {string} name
 * @param {unknown} value
 */
async function writePart(name, value) {
  const text = `(globalThis.halfsizeParts ??= {}).${name} = ${JSON.stringify(value)};\n`;
  await writeFile(path.join(out, `${name}.js`), text);
}

/**
 * The models, and apart from them what the page must know before they are downloaded.
 *
 * @param {Awaited<ReturnType<typeof packModels>>} models
 */
async function writeModels(models) {
  await writePart('models', models);
  const catalogue = models.map(({ folder, card }) => ({ folder, scale: card.scale }));
  await writePart('catalogue', catalogue);
}

/** The sample pictures as data: a page opened from disk may not read the files beside it. */
async function packSamples() {
  const folder = path.join(root, 'samples');
  const names = (await readdir(folder)).filter((name) => /\.(jpg|webp|gif|png)$/.test(name)).sort();
  const files = await Promise.all(
    names.map(async (name) => [name, (await readFile(path.join(folder, name))).toString('base64')]),
  );
  await writePart('samples', Object.fromEntries(files));
}

/** What a reader downloads, in gzipped bytes: for the page's own account of it. */
async function writeSizes() {
  const names = ['halfsize', ...ENGINES.map((name) => `engine-${name}`)];
  const sizes = await Promise.all(
    names.map(async (name) => {
      const text = await readFile(path.join(out, `${name}.js`));
      return [name, gzipSync(text, { level: 9 }).length];
    }),
  );
  await writePart('sizes', Object.fromEntries(sizes));
}

/** What onnxruntime-web fetches at run time; the exporter's check hands it out from disk. */
async function copyOrt() {
  const from = path.join(root, 'node_modules/onnxruntime-web/dist');
  await mkdir(path.join(out, 'ort'), { recursive: true });
  for (const name of ['ort-wasm-simd-threaded.mjs', 'ort-wasm-simd-threaded.wasm']) {
    await copyFile(path.join(from, name), path.join(out, 'ort', name));
  }
}

await mkdir(out, { recursive: true });
try {
  await Promise.all([
    buildScript('halfsize', 'src/library/script.ts'),
    buildModule(),
    buildScript('halfsize-extras', 'src/library/extras.ts'),
    buildScript('page', 'src/page/main.ts'),
    buildScript('gif', 'src/page/gif.ts'),
    buildScript('verify', 'src/verify.ts'),
    buildScript('verify-onnx', 'src/verify-onnx.ts'),
    copyOrt(),
    ...ENGINES.map(buildEngine),
    ...ENGINES.filter((name) => !name.startsWith('tfjs-')).map(buildVerifier),
    packModels(path.resolve(values.models)).then(writeModels),
    packSamples(),
  ]);
  await writeSizes();
} catch (error) {
  // esbuild has printed its own errors already; a broken model folder is one plain sentence.
  if (!(error instanceof Error && 'errors' in error)) console.error(String(error));
  process.exitCode = 1;
}
