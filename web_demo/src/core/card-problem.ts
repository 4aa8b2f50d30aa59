import { type Card, GOLDEN_FILE, isWhole, NETWORK_FILE, readCard } from './card';
import { ModelMismatch } from './errors';
import { FRACTIONS, scaleOf } from './scale';

/** Read a parsed `halfsize.json`. Throws ModelMismatch naming the field that is wrong. */
export function parseCard(value: unknown): Card {
  const card = readCard(value);
  if (!card) throw wrong(problemOf(value) ?? 'it is not a model card');
  return card;
}

/** What is wrong with a card that `readCard` does not take. */
function problemOf(value: unknown): string | undefined {
  if (!isRecord(value)) return 'the card must be an object';
  const { format, name, colour, files } = value;
  if (Number(format) > 2) return `it is of a newer format, ${format}: update halfsize`;
  if (format !== 1 && format !== 2) return `format is ${JSON.stringify(format)}, not 1 or 2`;
  if (typeof name !== 'string' || name === '') return 'name must be a text';
  if (colour !== 'luma' && colour !== 'rgb' && colour !== 'ycbcr') {
    return 'colour must be "luma", "rgb" or "ycbcr"';
  }
  if (!isRecord(files)) return 'files must be an object';
  if (!(NETWORK_FILE in files || 'model.json' in files)) {
    return `files must list ${NETWORK_FILE} or model.json`;
  }
  const { [GOLDEN_FILE]: golden } = Object(value.other_files);
  const listed = golden === undefined ? files : { ...files, [GOLDEN_FILE]: golden };
  return (
    scaleProblem(value.scale) ??
    wholeProblem(value.margin_px, 'margin_px', 0) ??
    wholeProblem(value.align_px ?? 1, 'align_px', 1) ??
    alignProblem(value.align_px ?? 1, value.scale) ??
    wholeProblem(value.parameters, 'parameters', 0) ??
    Object.entries(listed)
      .map(([file, entry]) => fileProblem(file, entry))
      .find((problem) => problem !== undefined)
  );
}

function fileProblem(file: string, entry: unknown): string | undefined {
  if (!isRecord(entry)) return `files["${file}"] must be an object`;
  const { bytes, gzip_bytes, sha256 } = entry;
  if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256)) {
    return `the sha256 of ${file} must be 64 hexadecimal digits`;
  }
  return (
    wholeProblem(bytes, `bytes of ${file}`, 0) ??
    wholeProblem(gzip_bytes, `gzip_bytes of ${file}`, 0)
  );
}

function scaleProblem(scale: unknown): string | undefined {
  if (typeof scale !== 'string') return wholeProblem(scale, 'scale', 1);
  if (FRACTIONS.includes(scale)) return undefined;
  return `scale must be a whole number, "3/2" or "4/3", got ${JSON.stringify(scale)}`;
}

/** Of numbers that were found right. */
function alignProblem(align: unknown, scale: unknown): string | undefined {
  const { down } = scaleOf(scale as string);
  if ((align as number) % down === 0) return undefined;
  return `align_px must be a multiple of ${down} where scale is "${scale}", got ${align}`;
}

function wholeProblem(value: unknown, what: string, least: number): string | undefined {
  if (isWhole(value, least)) return undefined;
  return `${what} must be a whole number of at least ${least}, got ${JSON.stringify(value)}`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function wrong(what: string): ModelMismatch {
  return new ModelMismatch(`The model card halfsize.json cannot be used: ${what}.`);
}
