import { mkdtemp, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const assembly = fileURLToPath(new URL('../assembly/', import.meta.url));

/**
 * Compile assembly/rows.ts, the part of the wasm engine's program that is not written at run time.
 *
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 */
export async function buildRows() {
  const folder = await mkdtemp(path.join(assembly, '.built-'));
  try {
    const { error, stderr } = await asc.main([
      path.relative(process.cwd(), path.join(assembly, 'rows.ts')),
      ...['--outFile', path.relative(process.cwd(), path.join(folder, 'rows.wasm'))],
      ...['--enable', 'simd', '--runtime', 'stub', '--noAssert'],
      ...['--optimizeLevel', '3', '--shrinkLevel', '2', '--converge'],
    ]);
    if (error) throw new Error(`assembly/rows.ts does not compile: ${stderr.toString()}`);
    return new Uint8Array(await readFile(path.join(folder, 'rows.wasm')));
  } finally {
    await rm(folder, { recursive: true });
  }
}
