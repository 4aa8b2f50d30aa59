import type { Photo } from './decide';

/** Students as `model` names them: `ADDRESS`, or `ADDRESS 2x, ADDRESS 1.5x`. */
const STUDENTS = /(\S.*?)(?:\s+([\d.]+)x\s*(?:,|$)|\s*$)/gs;

/** A photo is padded to whole blocks before it is reduced: enlarged, its file is so much wider. */
const MOST_PADDING = 3;

/** Whether students are named with their scales, as pages with files of several widths do. */
export function namesScales(named: string): boolean {
  return /\s[\d.]+x\s*(?:,|$)/.test(named);
}

/** Make the addresses of students absolute: that of a page may change. */
export function resolveStudents(named: string): string {
  return named.replace(STUDENTS, (all, address) =>
    all.replace(address, () => new URL(address, document.baseURI).href),
  );
}

/**
 * The address of the student that enlarges a file to its photo; the first where nobody knows the photo's
 * width.
 *
 * @throws Error if none does.
 */
export function studentFor(named: string, photo: Photo): string {
  let student = '';
  let best = Number.NaN;
  for (const [, address = '', times] of named.matchAll(STUDENTS)) {
    const scale = Number(times);
    if (student && !(missOf(scale, photo) < missOf(best, photo))) continue;
    student = address;
    best = scale;
  }
  requireFit(best, photo);
  return student;
}

/**
 * @param scale NaN if nobody knows it yet.
 * @throws Error if a student of this scale misses the width that a descriptor names.
 */
export function requireFit(scale: number, photo: Photo): void {
  const { file, exact } = photo;
  if (exact && missOf(scale, photo) > MOST_PADDING) {
    throw new Error(`No student makes a file of ${file.width} pixels ${exact} pixels wide.`);
  }
}

function missOf(scale: number, { file, width }: Photo): number {
  return Math.abs(file.width * scale - width);
}
