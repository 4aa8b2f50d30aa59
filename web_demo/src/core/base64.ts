/** Decode base64 text to bytes. Throws DOMException when the text is not base64. */
export function bytesFromBase64(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

/** Encode bytes as base64 text. */
export function base64FromBytes(bytes: Uint8Array): string {
  const chunks: string[] = [];
  // fromCharCode takes its bytes as arguments, and engines limit how many there may be.
  for (let at = 0; at < bytes.length; at += 0x8000) {
    chunks.push(String.fromCharCode(...bytes.subarray(at, at + 0x8000)));
  }
  return btoa(chunks.join(''));
}
