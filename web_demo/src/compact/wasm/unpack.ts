/** The bytes of an embedded program: a character stands for each of them. */
export function unpacked(program: string, size: number, swap: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  // A loop: a callback would not be optimised yet.
  for (let i = 0; i < size; i++) bytes[i] = program.charCodeAt(i) ^ swap;
  return bytes;
}
