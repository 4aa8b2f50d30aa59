import type { Size } from '../core/scale';

export function sizeInWords({ width, height }: Size): string {
  return `${width} × ${height}`;
}

export function timeInWords(milliseconds: number): string {
  return `${Math.max(1, Math.round(milliseconds)).toLocaleString('en')} ms`;
}

/** Megapixels of result per second. */
export function speedInWords({ width, height }: Size, milliseconds: number): string {
  const speed = (width * height) / 1000 / Math.max(milliseconds, 1);
  return `${speed.toFixed(speed < 10 ? 1 : 0)} megapixels a second`;
}

/** Bytes in the decimal units that download sizes are given in. */
export function bytesInWords(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${(bytes / 1000).toFixed(bytes < 100_000 ? 1 : 0)} KB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** A file in a few words: how it was written, and its size. */
export function fileInWords(sent: {
  bytes: number;
  type: string;
  quality: number | undefined;
}): string {
  const [, form = ''] = sent.type.split('/');
  const names: Record<string, string> = { webp: 'WebP' };
  const name = names[form] ?? form.toUpperCase();
  const quality = sent.quality === undefined ? '' : ` quality ${sent.quality}`;
  return [`${name}${quality}`, bytesInWords(sent.bytes)].filter(Boolean).join(', ');
}

/** The name to save a result under: `photo.jpg` becomes `photo-2x.png`. */
export function savedName(name: string, scale: number, ending = 'png'): string {
  return `${name.replace(/\.[^.]+$/, '') || 'picture'}-${Number(scale.toFixed(2))}x.${ending}`;
}
