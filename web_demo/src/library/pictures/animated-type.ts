/** The media type of an animated file, by its bytes; every GIF counts as animated. */
export async function animatedType(file: Blob): Promise<string | undefined> {
  const start = String.fromCharCode(...new Uint8Array(await file.slice(0, 64).arrayBuffer()));
  if (start.startsWith('GIF8')) return 'image/gif';
  if (start.startsWith('\x89PNG')) {
    const head = await file.slice(0, 65536).arrayBuffer();
    return new TextDecoder('latin1').decode(head).includes('acTL') ? 'image/png' : undefined;
  }
  if (start.slice(4, 12) === 'ftypavis') return 'image/avif';
  // The VP8X chunk's flags: bit 1 says that there are frames.
  const animated = start.startsWith('RIFF') && start.slice(8, 16) === 'WEBPVP8X';
  return animated && start.charCodeAt(20) & 2 ? 'image/webp' : undefined;
}
