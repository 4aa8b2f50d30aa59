/** The media type of an animated file, by its first bytes; every GIF counts as animated. */
export function animatedType(head: Uint8Array): string | undefined {
  const text = (from: number, to: number) => String.fromCharCode(...head.subarray(from, to));
  if (text(0, 4) === 'GIF8') return 'image/gif';
  if (text(0, 4) === '\x89PNG') {
    return new TextDecoder('latin1').decode(head).includes('acTL') ? 'image/png' : undefined;
  }
  if (text(4, 12) === 'ftypavis') return 'image/avif';
  // The VP8X chunk's flags: bit 1 says that there are frames.
  const isExtended = text(0, 4) === 'RIFF' && text(8, 16) === 'WEBPVP8X';
  return isExtended && (head[20] ?? 0) & 2 ? 'image/webp' : undefined;
}
