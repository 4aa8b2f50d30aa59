/**
 * Build dist/: everything the page loads, and what the exporter's check in a browser needs.
 *
 * `--models DIR` packs the export folders below DIR instead of models/, and `--out DIR` writes
 * somewhere else than dist/.
 */
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { packModels } from './pack-models.mjs';

const root = fileURLToPath(new URL('../', import.meta.url));
const { values } = parseArgs({
  options: {
    models: { type: 'string', default: path.join(root, 'models') },
    out: { type: 'string', default: path.join(root, 'dist') },
  },
});
const out = path.resolve(values.out);

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
};

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
 * @param {string} name
 * @param {string} entry
 */
async function buildScript(name, entry) {
  await build({ ...common, entryPoints: [entry], outfile: path.join(out, `${name}.js`) });
}

async function buildEngine() {
  const { outputFiles } = await build({
    ...common,
    entryPoints: ['src/worker/main.ts'],
    write: false,
  });
  await writePart('engine', outputFiles[0]?.text);
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
    buildScript('page', 'src/page/main.ts'),
    buildScript('wasm', 'src/page/wasm.ts'),
    buildScript('verify', 'src/verify.ts'),
    buildScript('verify-onnx', 'src/verify-onnx.ts'),
    copyOrt(),
    buildEngine(),
    packModels(path.resolve(values.models)).then((models) => writePart('models', models)),
  ]);
} catch (error) {
  // esbuild has printed its own errors already; a broken model folder is one plain sentence.
  if (!(error instanceof Error && 'errors' in error)) console.error(String(error));
  process.exitCode = 1;
}
