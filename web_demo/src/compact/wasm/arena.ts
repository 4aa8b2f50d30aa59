const ALIGN_BYTES = 16;
const PAGE_BYTES = 65536;

/** Hands out places in a WebAssembly memory, one behind the other. */
export class Arena {
  readonly #memory: WebAssembly.Memory;
  /** What is from here on is free: set it back to take places back. Address 0 is none. */
  end = ALIGN_BYTES;
  /** The whole memory, as both kinds of numbers. They are others after every `take`. */
  bytes = new Uint8Array();
  floats_ = new Float32Array();

  constructor(memory: WebAssembly.Memory) {
    this.#memory = memory;
  }

  /** @throws RangeError when there is no more memory. */
  take(bytes: number): number {
    const start = this.end;
    this.end += Math.ceil(bytes / ALIGN_BYTES) * ALIGN_BYTES;
    const missing = this.end - this.#memory.buffer.byteLength;
    if (missing > 0) this.#memory.grow(Math.ceil(missing / PAGE_BYTES));
    const { buffer } = this.#memory;
    this.bytes = new Uint8Array(buffer);
    this.floats_ = new Float32Array(buffer);
    return start;
  }

  put(values: ArrayLike<number>): number {
    const start = this.take(4 * values.length);
    this.floats_.set(values, start / 4);
    return start;
  }
}
