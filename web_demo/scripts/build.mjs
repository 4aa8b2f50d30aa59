/**
 * Build dist/: the library, its engines, the page's script, and what the exporter's check in a
 * browser needs.
 *
 * `--models DIR` packs the export folders below DIR instead of models/, and `--out DIR` writes
 * somewhere else than dist/.
 */
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { minify } from 'terser';
import { shortened } from './internal-names.mjs';
import { embedKernels, kernelFiles } from './kernel-plugin.mjs';
import { packModels } from './pack-models.mjs';
import { tfjsKernels } from './tfjs-kernels.mjs';
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

/** The compact runtime's engines: of each there is a build for students in whole numbers. */
const COMPACT = ENGINES.filter((name) => !name.startsWith('tfjs-'));
const INTEGER_TWINS = COMPACT.map((name) => `${name}-integer`).filter((name) =>
  existsSync(path.join(root, 'src', 'engines', `${name}.ts`)),
);

/** Few pictures are transparent: their code is in separate builds of the compact runtime's engines. */
const ALPHA_TWINS = [...COMPACT, ...INTEGER_TWINS].map((name) => `${name}-alpha`);

const ALL = [...ENGINES, ...INTEGER_TWINS, ...ALPHA_TWINS];

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

const { build: buildName, ...names } = await shortened();

/**
 * For scripts that hold our own code alone: other people's code may use names like our internal ones.
 *
 * @satisfies {import('esbuild').BuildOptions}
 */
const own = {
  ...common,
  ...names,
  define: { halfsizeBuild: JSON.stringify(buildName) },
  format: /** @type {const} */ ('esm'), // without a function around it: there is one already
};

/** A classic script can read its own address only while it first runs. */
const SCRIPT_URL =
  'var halfsizeScriptUrl=typeof document==="object"&&document.currentScript?document.currentScript.src:"";';

/**
 * Minify esbuild's output once more: terser saves another 3 percent, gzipped. The result is ASCII: a
 * page without a charset reads scripts as windows-1252, and strings would change.
 *
 * @param {string} text
 */
async function smaller(text, module = false) {
  const compress = { passes: 3, unsafe: true, unsafe_arrows: true, unsafe_methods: true };
  const format = { ascii_only: true };
  const { code } = await minify(text, { ecma: 2020, module, compress, format });
  if (code === undefined) throw new Error('terser gave no code');
  return code;
}

/**
 * @param {string} name
 * @param {string} entry
 * @param {import('esbuild').BuildOptions} settings
 */
async function buildScript(name, entry, settings = own) {
  const { outputFiles } = await build({
    ...settings,
    write: false,
    entryPoints: [entry],
    define: { ...settings.define, 'import.meta.url': 'halfsizeScriptUrl' },
  });
  // Several of these scripts may be on one page: each keeps its address to itself.
  const text = `(()=>{${SCRIPT_URL}${outputFiles[0]?.text}})();`;
  await writeFile(path.join(out, `${name}.js`), await smaller(text));
}

/** The modules import each other as files, and spell out the files next to them for bundlers to see. */
const MODULES = {
  'halfsize.mjs': 'src/package/halfsize.ts',
  'half-size.mjs': 'src/package/half-size.ts',
  'halfsize-tfjs.mjs': 'src/package/halfsize-tfjs.ts',
};

/** What a module imports as a file: who imports it, what, and the file. */
const AS_FILES = [
  { importer: 'src/package/halfsize.ts', imported: './half-size', file: './half-size.mjs' },
  {
    importer: 'src/package/half-size.ts',
    imported: '../library/entries/api',
    file: './halfsize.mjs',
  },
];

/** @type {import('esbuild').Plugin} */
const asFiles = {
  name: 'as-files',
  setup(building) {
    building.onResolve({ filter: /^\./ }, ({ path: imported, importer }) => {
      const from = path.relative(root, importer).replaceAll('\\', '/');
      const file = AS_FILES.find((file) => file.importer === from && file.imported === imported);
      return file && { path: file.file, external: true };
    });
    building.onResolve({ filter: /\/beside$/ }, ({ importer }) => {
      const replaced = !importer.endsWith('beside-module.ts');
      return replaced ? { path: path.join(root, 'src/library/beside-module.ts') } : undefined;
    });
  },
};

/** @param {keyof typeof MODULES} name */
async function buildModule(name) {
  const { outputFiles } = await build({
    ...own,
    entryPoints: [MODULES[name]],
    plugins: [asFiles],
    write: false,
  });
  await writeFile(path.join(out, name), await smaller(outputFiles[0]?.text ?? '', true));
}

/** @type {import('esbuild').Plugin} */
const opaqueOnly = {
  name: 'opaque-only',
  setup(building) {
    const opaque = { path: path.join(root, 'src/tiles/opaque-only.ts') };
    building.onResolve({ filter: /\/transparency$/ }, () => opaque);
  },
};

/**
 * One file that is a worker when a worker loads it, and otherwise leaves the engine as a function:
 * for a worker made of its text, or to be called on the page.
 *
 * @param {string} name
 */
async function buildEngine(name) {
  const isTfjs = name.startsWith('tfjs-');
  const small = ALPHA_TWINS.includes(`${name}-alpha`) ? [kernelFiles, opaqueOnly] : [kernelFiles];
  const { outputFiles } = await build({
    ...(isTfjs ? { ...common, format: 'esm' } : own),
    entryPoints: [`src/engines/${name.replace('-alpha', '')}.ts`],
    plugins: isTfjs ? [prunedTfjs, tfjsKernels] : small,
    // Operations that were left out are never called: models that use them are refused.
    logOverride: { 'import-is-undefined': 'silent' },
    write: false,
  });
  const text =
    '(start=>{self.document' +
    `?((globalThis.halfsizeParts??={}).engines??={})["${name}"]=start` +
    `:start(self)})(function(halfsizePort){${outputFiles[0]?.text}});`;
  // TF.js is large, and as good as its own minifier left it.
  const script = isTfjs ? text : await embedKernels(await smaller(text));
  await writeFile(path.join(out, `engine-${name}.js`), script);
}

/**
 * An engine of the compact runtime for the exporter's check, with src/verify/compact.ts around it.
 *
 * @param {string} name
 */
async function buildVerifier(name) {
  /** @type {import('esbuild').Plugin} */
  const surrounded = {
    name: 'surrounded',
    setup: (building) => {
      const path = `${root}src/verify/compact.ts`;
      building.onResolve({ filter: /\/worker\/serve$/ }, () => ({ path }));
      const floats = `${root}src/compact/wasm/floats.ts`;
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
async function writePart(name, value, file = name) {
  const text = `(globalThis.halfsizeParts ??= {}).${name} = ${JSON.stringify(value)};\n`;
  await writeFile(path.join(out, `${file}.js`), text);
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

/** What site generators run, in Node. They import each other as files. */
async function buildPlugins() {
  const names = ['snippet', 'manifest', 'eleventy', 'vite'];
  await build({
    absWorkingDir: root,
    entryPoints: names.map((name) => `src/plugins/${name}.ts`),
    outdir: path.join(out, 'plugins'),
    outExtension: { '.js': '.mjs' },
    bundle: true,
    plugins: [pluginFiles],
    format: 'esm',
    platform: 'node',
    target: 'node20',
    charset: 'utf8',
    logLevel: 'warning',
  });
}

/** @type {import('esbuild').Plugin} */
const pluginFiles = {
  name: 'plugin-files',
  setup(building) {
    building.onResolve({ filter: /^\.\/\w+$/ }, ({ path }) => ({
      path: `${path}.mjs`,
      external: true,
    }));
  },
};

/**
 * For each student a module with its address, which carries its card: bundlers rename files.
 *
 * @param {Awaited<ReturnType<typeof packModels>>} models
 */
async function writeModelModules(models) {
  await rm(path.join(out, 'models'), { recursive: true, force: true });
  await mkdir(path.join(out, 'models'));
  for (const { folder, card } of models) {
    const whole = /** @type {any} */ (card);
    const { format, name, scale, margin_px, align_px, colour, arithmetic, parameters, files } =
      whole;
    if (Object.keys(files).join() !== 'model.halfsize') continue;
    const needed = {
      format,
      name,
      scale,
      margin_px,
      align_px,
      colour,
      arithmetic,
      parameters,
      files,
    };
    const text = `const file = new URL('../../models/${folder}/model.halfsize', import.meta.url);
export default file.href + ${JSON.stringify(`#${encodeURIComponent(JSON.stringify(needed))}`)};
`;
    await writeFile(path.join(out, 'models', `${folder}.mjs`), text);
  }
}

/** The worker of the demo page's comparison, as text: a page opened from disk may start no other. */
async function writeJudge() {
  const { outputFiles } = await build({
    ...common,
    entryPoints: ['src/quality/worker.ts'],
    write: false,
  });
  await writePart('judge', outputFiles[0]?.text, 'halfsize-judge');
}

/** The sample pictures as data: a page opened from disk may not read files next to it. */
async function packSamples() {
  const folder = path.join(root, 'samples');
  const names = (await readdir(folder)).filter((name) => /\.(jpg|webp|gif|png)$/.test(name)).sort();
  const files = await Promise.all(
    names.map(async (name) => [name, (await readFile(path.join(folder, name))).toString('base64')]),
  );
  await writePart('samples', Object.fromEntries(files));
}

/** What a reader downloads, in gzipped bytes, for the page's own figures. */
async function writeSizes() {
  const engines = [...ENGINES, ...INTEGER_TWINS].map((name) => `engine-${name}`);
  const names = ['half-size', 'halfsize', ...engines];
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

/** Delete the engines of an earlier version, which copies of the folder would ship. */
async function forgetOldEngines() {
  const wanted = ALL.map((name) => `engine-${name}.js`);
  for (const name of await readdir(out)) {
    if (/^engine-.*\.js$/.test(name) && !wanted.includes(name)) await rm(path.join(out, name));
  }
}

await mkdir(out, { recursive: true });
try {
  await forgetOldEngines();
  await Promise.all([
    buildScript('halfsize', 'src/library/entries/script.ts'),
    buildScript('half-size', 'src/element/script.ts'),
    buildModule('halfsize.mjs'),
    buildModule('half-size.mjs'),
    buildModule('halfsize-tfjs.mjs'),
    buildPlugins(),
    buildScript('halfsize-extras', 'src/library/entries/extras.ts'),
    buildScript('page', 'src/page/main.ts'),
    buildScript('gif', 'src/page/motion/gif.ts', common),
    buildScript('verify', 'src/verify/tfjs.ts', common),
    buildScript('verify-onnx', 'src/verify/onnx.ts', common),
    copyOrt(),
    ...ALL.map(buildEngine),
    ...[...COMPACT, ...INTEGER_TWINS].map(buildVerifier),
    packModels(path.resolve(values.models)).then((models) =>
      Promise.all([writeModels(models), writeModelModules(models)]),
    ),
    packSamples(),
    writeJudge(),
  ]);
  await writeSizes();
} catch (error) {
  // esbuild has printed its own errors already; a broken model folder is one plain sentence.
  if (!(error instanceof Error && 'errors' in error)) console.error(String(error));
  process.exitCode = 1;
}
