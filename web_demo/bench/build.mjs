/** Build dist/bench/: UpscalerJS 1.0.0, its default model, and the programs it runs on. */
import { cp, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../', import.meta.url));
const out = path.join(root, 'dist', 'bench');
const packages = path.join(root, 'node_modules');

await mkdir(out, { recursive: true });
await build({
  absWorkingDir: root,
  entryPoints: ['bench/peer.ts'],
  outfile: path.join(out, 'peer.js'),
  bundle: true,
  minify: true,
  format: 'iife',
  platform: 'browser',
  target: 'es2022',
  logLevel: 'error',
});
await cp(path.join(packages, '@upscalerjs/default-model/models'), path.join(out, 'model'), {
  recursive: true,
});
const programs = path.join(packages, '@tensorflow/tfjs-backend-wasm/dist');
for (const kind of ['', '-simd', '-threaded-simd']) {
  const name = `tfjs-backend-wasm${kind}.wasm`;
  await cp(path.join(programs, name), path.join(out, name));
}
