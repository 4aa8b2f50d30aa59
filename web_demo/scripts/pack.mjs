/**
 * Pack the npm packages `halfsize` and `halfsize-tfjs` from dist/, which must be built.
 *
 * `--out DIR` names the folder for them (`build/` of the project otherwise), and `--only NAME` packs one.
 * What each package holds is listed here; its package.json and its types are in packages/. The same dist/
 * gives the same bytes. Prints each package's path, size and SHA-256, which is also written beside it.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('../', import.meta.url));

/** What `halfsize` may weigh packed, in bytes. */
const MOST_BYTES = 250_000;

const MODEL_FILES = [
  'model.halfsize',
  'halfsize.json',
  'golden.json',
  'LICENSE.txt',
  'CREDITS.txt',
];

/** Patterns of what a package takes from dist/, as paths with slashes. */
const FROM_DIST = {
  halfsize: [
    /^half-?size\.m?js$/,
    /^halfsize-extras\.js$/,
    /^engine-(?!tfjs-)[\w-]+\.js$/,
    /^(models|plugins)\/[\w-]+\.mjs$/,
    /^types\/.*(?<!halfsize-tfjs)\.d\.ts$/,
  ],
  'halfsize-tfjs': [/^halfsize-tfjs\.mjs$/, /^engine-tfjs-[\w-]+\.js$/],
};

/** One of each kind of file without which a package would be useless. */
const NEEDED = {
  halfsize: [
    'half-size.js',
    'engine-wasm.js',
    'models/nano-web.mjs',
    'types/package/halfsize.d.ts',
  ],
  'halfsize-tfjs': ['engine-tfjs-webgl.js'],
};

/** @typedef {keyof typeof FROM_DIST} Name */

/**
 * Copy what a package holds into a folder.
 *
 * @param {Name} name
 * @param {string} folder
 */
async function stage(name, folder) {
  await cp(path.join(root, 'packages', name), folder, { recursive: true });
  await cp(path.join(root, '..', 'LICENSE'), path.join(folder, 'LICENSE'));
  const built = await readdir(path.join(root, 'dist'), { recursive: true }).catch(() => []);
  const files = built.map((file) => file.replaceAll('\\', '/'));
  const missing = NEEDED[name].find((file) => !files.includes(file));
  if (missing) throw new Error(`dist/${missing} is missing: run “npm run build” first`);
  for (const file of files.filter((file) => FROM_DIST[name].some((it) => it.test(file)))) {
    await cp(path.join(root, 'dist', file), path.join(folder, 'dist', file));
  }
  if (name === 'halfsize') await stageModels(files, folder);
  const manifest = path.join(folder, 'package.json');
  const described = JSON.parse(await readFile(manifest, 'utf8'));
  const { version, engines } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'));
  const { name: named, ...rest } = described;
  const peers = name === 'halfsize' ? {} : { peerDependencies: { halfsize: version } };
  const text = JSON.stringify({ name: named, version, ...rest, ...peers, engines }, null, 2);
  await writeFile(manifest, `${text}\n`);
}

/**
 * The students that have a module, but for the one that `make demo` trains.
 *
 * @param {string[]} built
 * @param {string} folder
 */
async function stageModels(built, folder) {
  for (const file of built) {
    const [, name] = /^models\/(.*)\.mjs$/.exec(file) ?? [];
    if (name === undefined) continue;
    if (name === 'demo') await rm(path.join(folder, 'dist', file));
    else {
      for (const part of MODEL_FILES) {
        const from = path.join(root, 'models', name, part);
        await cp(from, path.join(folder, 'models', name, part));
      }
    }
  }
}

/**
 * @param {Name} name
 * @param {string} out
 */
async function pack(name, out) {
  const folder = await mkdtemp(path.join(tmpdir(), 'halfsize-pack-'));
  try {
    await stage(name, folder);
    const npm = ['pack', '--json', '--ignore-scripts', '--pack-destination', out];
    const printed = execFileSync('npm', npm, { cwd: folder, encoding: 'utf8' });
    const [{ filename }] = Object.values(JSON.parse(printed));
    const file = path.join(out, filename);
    const bytes = await readFile(file);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    await writeFile(`${file}.sha256`, `${sha256}  ${filename}\n`);
    console.log(`${file} ${bytes.length} ${sha256}`);
    if (name === 'halfsize' && bytes.length > MOST_BYTES) {
      throw new Error(`${filename} has ${bytes.length} bytes, allowed are ${MOST_BYTES}`);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

try {
  const { values } = parseArgs({
    options: {
      out: { type: 'string', default: path.join(root, '..', 'build') },
      only: { type: 'string' },
    },
  });
  const out = path.resolve(values.out);
  const names = /** @type {Name[]} */ (Object.keys(FROM_DIST));
  if (values.only && !names.includes(/** @type {Name} */ (values.only))) {
    throw new Error(`--only takes ${names.join(' or ')}, got ${values.only}`);
  }
  await mkdir(out, { recursive: true });
  for (const name of names) if (!values.only || values.only === name) await pack(name, out);
} catch (error) {
  console.error(`error: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
