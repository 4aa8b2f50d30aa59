/** Write dist/types: what the packages say of themselves to TypeScript. */
import { execFileSync } from 'node:child_process';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));
const types = path.join(root, 'dist', 'types');

await rm(types, { recursive: true, force: true });
try {
  const tsc = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  execFileSync(process.execPath, [tsc, '-p', 'tsconfig.types.json'], {
    cwd: root,
    stdio: 'inherit',
  });
} catch {
  process.exit(1); // tsc has said why
}
for (const name of await readdir(types, { recursive: true })) {
  if (!name.endsWith('.d.ts')) continue;
  const file = path.join(types, name);
  const text = await readFile(file, 'utf8');
  // Node's resolution, unlike that of bundlers, wants the suffix of an imported file.
  const finished = text.replace(
    /(\bfrom |\bimport |\bimport\(|\bdeclare module )(['"])(\.{1,2}\/[^'"]+?)(?:\.js)?\2/g,
    '$1$2$3.js$2',
  );
  if (finished !== text) await writeFile(file, finished);
}
