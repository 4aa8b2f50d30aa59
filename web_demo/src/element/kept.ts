/** Someone who shows a result. */
export type User = {
  isNear: () => boolean;
  /** Show it no longer: it is about to be given up. */
  giveBack: () => void;
};

type Entry<Result> = { result: Result; users: Set<User> };

/**
 * Results by file, up to a bound: the one that was not in use for longest goes first. What is shown
 * near the viewport stays.
 */
export class Kept<Result extends { bytes: number }> {
  readonly #mostBytes: number;
  readonly #release: (result: Result) => void;
  /** The one used last is the last. */
  readonly #entries = new Map<string, Entry<Result>>();

  constructor(mostBytes: number, release: (result: Result) => void) {
    this.#mostBytes = mostBytes;
    this.#release = release;
  }

  get(key: string): Result | undefined {
    return this.#entries.get(key)?.result;
  }

  add(key: string, result: Result): void {
    this.drop(key);
    this.#entries.set(key, { result, users: new Set() });
  }

  show(key: string, user: User): void {
    this.#entries.get(key)?.users.add(user);
    this.#touch(key);
  }

  /** A user no longer shows it; it stays for a while. */
  leave(key: string, user: User): void {
    this.#entries.get(key)?.users.delete(user);
    this.#touch(key);
  }

  /** Give up a result, whoever shows it. */
  drop(key: string): void {
    const entry = this.#entries.get(key);
    if (!entry) return;
    this.#entries.delete(key);
    for (const user of [...entry.users]) user.giveBack();
    this.#release(entry.result);
  }

  /** Keep to the bound, as far as what is near the viewport allows. */
  trim(): void {
    let bytes = 0;
    for (const { result } of this.#entries.values()) bytes += result.bytes;
    for (const [key, { result, users }] of [...this.#entries]) {
      if (bytes <= this.#mostBytes) return;
      if ([...users].some((user) => user.isNear())) continue;
      bytes -= result.bytes;
      this.drop(key);
    }
  }

  #touch(key: string): void {
    const entry = this.#entries.get(key);
    if (!entry) return;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
  }
}
