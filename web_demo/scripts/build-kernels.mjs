import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';
import { convolutionSource } from '../assembly/convolution.mjs';

const assembly = fileURLToPath(new URL('../assembly/', import.meta.url));

/**
 * Compile the wasm engine's program.
 *
 * @param {'plain' | 'relaxed'} variant whether with relaxed SIMD, which has fused multiply-add
 * @returns {Promise<Uint8Array>}
 */
export async function buildKernels(variant) {
  const folder = await mkdtemp(path.join(assembly, '.built-'));
  try {
    const rows = await readFile(path.join(assembly, 'rows.ts'), 'utf8');
    await writeFile(path.join(folder, 'kernels.ts'), `${rows}${convolutionSource(variant)}\n`);
    const features = variant === 'relaxed' ? ['simd', 'relaxed-simd'] : ['simd'];
    const { error, stderr } = await asc.main([
      path.relative(process.cwd(), path.join(folder, 'kernels.ts')),
      ...['--outFile', path.relative(process.cwd(), path.join(folder, 'kernels.wasm'))],
      ...features.flatMap((feature) => ['--enable', feature]),
      ...['--runtime', 'stub', '--optimizeLevel', '3', '--shrinkLevel', '1', '--noAssert'],
    ]);
    if (error) throw new Error(`the kernels do not compile: ${stderr.toString()}`);
    return new Uint8Array(await readFile(path.join(folder, 'kernels.wasm')));
  } finally {
    await rm(folder, { recursive: true });
  }
}
