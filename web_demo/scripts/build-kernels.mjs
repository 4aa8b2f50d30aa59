import { mkdtemp, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const assembly = fileURLToPath(new URL('../assembly/', import.meta.url));

/**
 * Compile a program of assembly/: the part of a wasm engine's that is not written at run time.
 *
 * @param {string} name
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 */
export async function buildKernels(name = 'rows') {
  const folder = await mkdtemp(path.join(assembly, '.built-'));
  try {
    const { error, stderr } = await asc.main([
      path.relative(process.cwd(), path.join(assembly, `${name}.ts`)),
      ...['--outFile', path.relative(process.cwd(), path.join(folder, 'rows.wasm'))],
      ...['--enable', 'simd', '--runtime', 'stub', '--noAssert'],
      ...['--optimizeLevel', '3', '--shrinkLevel', '2', '--converge'],
    ]);
    if (error) throw new Error(`assembly/${name}.ts does not compile: ${stderr.toString()}`);
    return new Uint8Array(await readFile(path.join(folder, 'rows.wasm')));
  } finally {
    await rm(folder, { recursive: true });
  }
}
