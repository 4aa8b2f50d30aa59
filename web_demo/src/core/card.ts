import type { ModelForm } from './backends';
import { ModelMismatch } from './errors';
import { FRACTIONS, scaleOf } from './scale';

/** What `halfsize.json` lists for one file of the export. */
export type CardFile = { bytes: number; gzip_bytes: number; sha256: string };

/** The fields of a model card that a browser needs. The card holds more. */
export type Card = {
  name: string;
  /** A whole number, or a text such as "3/2". */
  scale: number | string;
  margin_px: number;
  /** Tiles must start at multiples of this; older cards do not have it. */
  align_px: number;
  colour: 'luma' | 'rgb' | 'ycbcr';
  /** How the network computes: of cards that do not say so, in floats. */
  arithmetic?: 'float' | 'integer' | undefined;
  parameters: number;
  files: Record<string, CardFile>;
};

/** The files of an export folder by name, without the card. */
export type ModelFiles = Record<string, Uint8Array<ArrayBuffer>>;

export type Sha256 = (bytes: Uint8Array) => Promise<ArrayBuffer | Uint8Array<ArrayBuffer>>;

/** The file of an export folder that holds a whole network for the compact runtime. */
export const NETWORK_FILE = 'model.halfsize';

/** Small inputs with the model's outputs; the only one of the card's other files that is read here. */
export const GOLDEN_FILE = 'golden.json';

const COLOURS: unknown[] = ['luma', 'rgb', 'ycbcr'];

type Written = Partial<Card> & { format?: number; other_files?: Record<string, CardFile> };

/** Read a parsed `halfsize.json`. Undefined where a field is wrong: ./card-problem says which. */
export function readCard(value: unknown): Card | undefined {
  const card: Written = Object(value);
  const { name, colour, arithmetic, scale, margin_px, parameters } = card;
  const align_px = card.align_px ?? 1;
  const model = Object(card.files);
  const { [GOLDEN_FILE]: golden } = Object(card.other_files);
  // A file of the compact runtime has golden vectors in it.
  const isListed = golden !== undefined && !(NETWORK_FILE in model);
  const files: Card['files'] = { ...model, ...(isListed && { [GOLDEN_FILE]: golden }) };
  const isRight =
    (card.format === 1 || card.format === 2) &&
    typeof name === 'string' &&
    name !== '' &&
    COLOURS.includes(colour) &&
    (isWhole(scale, 1) || FRACTIONS.includes(scale)) &&
    isWhole(margin_px, 0) &&
    isWhole(align_px, 1) &&
    align_px % scaleOf(scale as string).down === 0 &&
    isWhole(parameters, 0) &&
    (NETWORK_FILE in files || 'model.json' in files) &&
    Object.values(files).every(isFile);
  return isRight
    ? ({ name, colour, arithmetic, scale, margin_px, align_px, parameters, files } as Card)
    : undefined;
}

function isFile(file: unknown): boolean {
  const { bytes, gzip_bytes, sha256 } = Object(file);
  return isWhole(bytes, 0) && isWhole(gzip_bytes, 0) && /^[0-9a-f]{64}$/.test(sha256);
}

export function isWhole(value: unknown, least: number): boolean {
  return Number.isInteger(value) && (value as number) >= least;
}

/**
 * Refuse files that are not, byte for byte, those of the card.
 *
 * @param say gives the message of the error.
 */
export async function requireUntouched(
  card: Card,
  files: ModelFiles,
  compute: Sha256,
  say: (problem: 'incomplete' | 'altered', model: string, file: string) => string | Promise<string>,
): Promise<void> {
  for (const [file, { bytes, sha256 }] of Object.entries(card.files)) {
    const content = files[file];
    if (content?.length === bytes && (await hashOf(content, compute)) === sha256) continue;
    throw new ModelMismatch(await say(content ? 'altered' : 'incomplete', card.name, file));
  }
}

/** SHA-256 in hexadecimal. On plain http there is no SubtleCrypto: then `compute` does it. */
async function hashOf(bytes: Uint8Array<ArrayBuffer>, compute: Sha256): Promise<string> {
  const subtle = globalThis.crypto?.subtle as SubtleCrypto | undefined;
  const digest = subtle ? await subtle.digest('SHA-256', bytes) : await compute(bytes);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The form of a model: which runtimes it is for. */
export function formOf({ files, arithmetic }: Pick<Card, 'files' | 'arithmetic'>): ModelForm {
  return NETWORK_FILE in files ? (arithmetic === 'integer' ? arithmetic : 'compact') : 'tfjs';
}

/** What a reader downloads for this model, golden vectors included: as stored, and as a server sends it gzipped. */
export function modelBytes(card: Card): { raw: number; gzip: number } {
  const files = Object.values(card.files);
  return {
    raw: files.reduce((sum, { bytes }) => sum + bytes, 0),
    gzip: files.reduce((sum, { gzip_bytes }) => sum + gzip_bytes, 0),
  };
}
