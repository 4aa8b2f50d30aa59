const ALIGN_BYTES = 16;
const PAGE_BYTES = 65536;

/** Hands out places in a WebAssembly memory, one behind the other. */
export class Arena {
  readonly #memory: WebAssembly.Memory;
  #end = ALIGN_BYTES; // address 0 is none

  constructor(memory: WebAssembly.Memory) {
    this.#memory = memory;
  }

  get end(): number {
    return this.#end;
  }

  /** Take back everything from `end` on. */
  rewind(end: number): void {
    this.#end = end;
  }

  /** @throws RangeError when there is no more memory. */
  take(bytes: number): number {
    const start = this.#end;
    this.#end += Math.ceil(bytes / ALIGN_BYTES) * ALIGN_BYTES;
    const missing = this.#end - this.#memory.buffer.byteLength;
    if (missing > 0) this.#memory.grow(Math.ceil(missing / PAGE_BYTES));
    return start;
  }

  put(values: Float32Array | number[]): number {
    const start = this.take(4 * values.length);
    this.floats(start, values.length).set(values);
    return start;
  }

  bytes(start: number, length: number): Uint8Array {
    return new Uint8Array(this.#memory.buffer, start, length);
  }

  floats(start: number, length: number): Float32Array {
    return new Float32Array(this.#memory.buffer, start, length);
  }
}
