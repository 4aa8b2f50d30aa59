import { type FileType, writes } from '../encode';

export type Codec = { name: string; type: FileType };

const CODECS: readonly Codec[] = [
  { name: 'WebP', type: 'image/webp' },
  { name: 'JPEG', type: 'image/jpeg' },
  { name: 'AVIF', type: 'image/avif' },
];

/** What this browser's canvas writes, and what it does not. */
export async function writtenCodecs(): Promise<{ written: Codec[]; missing: Codec[] }> {
  const answers = await Promise.all(CODECS.map(({ type }) => writes(type)));
  return {
    written: CODECS.filter((_, at) => answers[at]),
    missing: CODECS.filter((_, at) => !answers[at]),
  };
}

export function missingInWords(missing: readonly Codec[]): string {
  const names = missing.map(({ name }) => name);
  if (names.length === 0) return '';
  return `This browser writes no ${names.join(' and no ')}: such files are not compared here.`;
}
