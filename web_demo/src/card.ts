import type { ModelForm } from './backend-names';
import { NETWORK_FILE } from './compact/file-name';
import { ModelMismatch } from './errors';

/** What `halfsize.json` says of one file of the export. */
export type CardFile = { bytes: number; gzip_bytes: number; sha256: string };

/** The fields of a model card that a browser needs. The card holds more. */
export type Card = {
  name: string;
  scale: number;
  margin_px: number;
  /** Tiles must start at multiples of this; cards written before there was a need say nothing. */
  align_px: number;
  colour: 'luma' | 'rgb' | 'ycbcr';
  parameters: number;
  files: Record<string, CardFile>;
};

/** The files of an export folder by name, without the card. */
export type ModelFiles = Record<string, Uint8Array<ArrayBuffer>>;

export type Sha256 = (bytes: Uint8Array) => Promise<ArrayBuffer | Uint8Array<ArrayBuffer>>;

const FORMAT = 1;

/** Small inputs and the model's outputs; the only one of the card's other files that is read here. */
export const GOLDEN_FILE = 'golden.json';

/** Read a parsed `halfsize.json`. Throws ModelMismatch naming the field that is wrong. */
export function parseCard(value: unknown): Card {
  const card = record(value, 'the card');
  if (card.format !== FORMAT) {
    throw wrong(`format is ${JSON.stringify(card.format)}, this page reads format ${FORMAT}`);
  }
  const { name, colour } = card;
  if (typeof name !== 'string' || name === '') throw wrong('name must be a text');
  if (colour !== 'luma' && colour !== 'rgb' && colour !== 'ycbcr') {
    throw wrong('colour must be "luma", "rgb" or "ycbcr"');
  }
  const model = record(card.files, 'files');
  const { [GOLDEN_FILE]: golden } = record(card.other_files ?? {}, 'other_files');
  // A file of the small runtime has golden vectors in it.
  const isListed = golden !== undefined && !(NETWORK_FILE in model);
  const listed = isListed ? { [GOLDEN_FILE]: golden } : {};
  const files = Object.entries({ ...model, ...listed }).map(
    ([file, entry]) => [file, parseFile(file, entry)] as const,
  );
  const names = files.map(([file]) => file);
  if (!names.includes('model.json') && !names.includes(NETWORK_FILE)) {
    throw wrong(`files must list ${NETWORK_FILE} or model.json`);
  }
  return {
    name,
    colour,
    scale: whole(card.scale, 'scale', 1),
    margin_px: whole(card.margin_px, 'margin_px', 0),
    align_px: whole(card.align_px ?? 1, 'align_px', 1),
    parameters: whole(card.parameters, 'parameters', 0),
    files: Object.fromEntries(files),
  };
}

/** Refuse files that are not, byte for byte, the ones the card was written for. */
export async function requireUntouched(
  card: Card,
  files: ModelFiles,
  compute: Sha256,
): Promise<void> {
  for (const [file, expected] of Object.entries(card.files)) {
    const bytes = files[file];
    if (!bytes)
      throw new ModelMismatch(`The model “${card.name}” is incomplete: ${file} is missing.`);
    if (bytes.length !== expected.bytes || (await hashOf(bytes, compute)) !== expected.sha256) {
      throw new ModelMismatch(
        `The model “${card.name}” was altered: ${file} is not the file its card describes. Export it again.`,
      );
    }
  }
}

/** SHA-256 in hexadecimal; browsers keep SubtleCrypto from plain http, where `compute` is asked. */
async function hashOf(bytes: Uint8Array<ArrayBuffer>, compute: Sha256): Promise<string> {
  const subtle = globalThis.crypto?.subtle as SubtleCrypto | undefined;
  const digest = subtle ? await subtle.digest('SHA-256', bytes) : await compute(bytes);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Which runtimes a model is for. */
export function formOf({ files }: Pick<Card, 'files'>): ModelForm {
  return NETWORK_FILE in files ? 'compact' : 'tfjs';
}

/** What a reader downloads for this model, golden vectors included: as stored, and as a server sends it gzipped. */
export function modelBytes(card: Card): { raw: number; gzip: number } {
  const files = Object.values(card.files);
  return {
    raw: files.reduce((sum, { bytes }) => sum + bytes, 0),
    gzip: files.reduce((sum, { gzip_bytes }) => sum + gzip_bytes, 0),
  };
}

function parseFile(file: string, value: unknown): CardFile {
  const entry = record(value, `files["${file}"]`);
  const hash = entry.sha256;
  if (typeof hash !== 'string' || !/^[0-9a-f]{64}$/.test(hash)) {
    throw wrong(`the sha256 of ${file} must be 64 hexadecimal digits`);
  }
  return {
    bytes: whole(entry.bytes, `bytes of ${file}`, 0),
    gzip_bytes: whole(entry.gzip_bytes, `gzip_bytes of ${file}`, 0),
    sha256: hash,
  };
}

function record(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw wrong(`${what} must be an object`);
  }
  return value as Record<string, unknown>;
}

function whole(value: unknown, what: string, least: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < least) {
    throw wrong(
      `${what} must be a whole number of at least ${least}, got ${JSON.stringify(value)}`,
    );
  }
  return value;
}

function wrong(what: string): ModelMismatch {
  return new ModelMismatch(`The model card halfsize.json cannot be used: ${what}.`);
}
