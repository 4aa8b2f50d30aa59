import { Aborted } from '../../core/errors';
import type { Scale, Size } from '../../core/scale';
import type { Pixels } from '../../quality/ssimulacra2';
import type { Codec } from './codecs';
import type { Photo } from './photo';
import { lowestReaching } from './search';

/** A way to send a photo: at full size (a scale of 1), or smaller for a model to enlarge. */
export type Form = { scale: Scale; model: string };

export const FULL: Form = { scale: { up: 1, down: 1 }, model: '' };

/** The smallest file of a codec and form that looks as good as wanted. */
export type Found = { bytes: number; quality: number; file: Blob };

export type Row = {
  codec: Codec;
  form: Form;
  state: 'waiting' | 'looking' | 'found' | 'out of reach';
  found?: Found;
};

export type Comparing = {
  photo: Photo;
  codecs: readonly Codec[];
  forms: readonly Form[];
  /** The SSIMULACRA2 score that every file reaches. */
  target: number;
  /** A small file's picture as a page shows it, at a size. */
  enlarge: (form: Form, file: Blob, size: Size) => Promise<Pixels>;
  signal: AbortSignal;
  onChange: (rows: readonly Row[]) => void;
};

/**
 * Write a photo in every form by every codec, each as the smallest file that looks as good as wanted.
 *
 * @throws Aborted
 */
export async function compareFiles(comparing: Comparing): Promise<readonly Row[]> {
  const { codecs, forms, signal, onChange } = comparing;
  const rows: Row[] = codecs.flatMap((codec) =>
    forms.map((form): Row => ({ codec, form, state: 'waiting' })),
  );
  for (const row of rows) {
    row.state = 'looking';
    onChange(rows);
    const found = await smallest(row, comparing);
    if (signal.aborted) throw new Aborted(signal.reason);
    row.state = found ? 'found' : 'out of reach';
    if (found) row.found = found;
  }
  onChange(rows);
  return rows;
}

async function smallest(
  { codec, form }: Row,
  { photo, target, enlarge, signal }: Comparing,
): Promise<Found | undefined> {
  const tried = await lowestReaching(target, async (quality) => {
    if (signal.aborted) throw new Aborted(signal.reason);
    const file = await photo.write(form.scale, false, codec.type, quality);
    const picture = form === FULL ? file : await enlarge(form, file, photo.judged);
    return { score: await photo.score(picture), file };
  });
  if (!tried) return undefined;
  const { quality } = tried;
  const file = photo.isJudgedWhole
    ? tried.file
    : await photo.write(form.scale, true, codec.type, quality);
  return { bytes: file.size, quality, file };
}

/** The smallest file of all that were found, at full size or smaller; of one model, if it is named. */
export function best(rows: readonly Row[], isFull: boolean, model?: string): Row | undefined {
  return rows
    .filter(({ form, found }) => found && (form === FULL) === isFull)
    .filter(({ form }) => model === undefined || form.model === model)
    .reduce<Row | undefined>(
      (least, row) => (bytesOf(row) < bytesOf(least) ? row : least),
      undefined,
    );
}

function bytesOf(row: Row | undefined): number {
  return row?.found?.bytes ?? Number.POSITIVE_INFINITY;
}
