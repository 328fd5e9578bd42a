/** A member of a sorted set. Members order by score, then by bytes. */
export interface Member {
  readonly name: string;
  readonly score: number;
}

export interface StringEntry {
  readonly kind: 'string';
  readonly value: string;
  /** Milliseconds since the epoch; `Infinity` without a TTL. */
  readonly expireAt: number;
}

export interface SortedSetEntry {
  readonly kind: 'sorted set';
  readonly members: readonly Member[];
  readonly expireAt: number;
}

export type Entry = StringEntry | SortedSetEntry;

/**
 * The keys of one server. Entries are immutable and replaced on each write, so a copy shares them and costs one step per
 * key.
 */
export class Keyspace {
  readonly #entries: Map<string, Entry>;

  constructor(entries: Iterable<readonly [string, Entry]> = []) {
    this.#entries = new Map(entries);
  }

  /** @returns the entry, unless its TTL has passed: a key lives through its last millisecond (`now > when` expires). */
  get(key: string, nowMs: number): Entry | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || nowMs <= entry.expireAt) return entry;
    this.#entries.delete(key);
    return undefined;
  }

  set(key: string, entry: Entry): void {
    this.#entries.set(key, entry);
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
  }

  /** The keys that have not expired, in the order in which they were made. */
  keys(nowMs: number): string[] {
    return [...this.#entries].filter(([, { expireAt }]) => nowMs <= expireAt).map(([key]) => key);
  }

  /** A snapshot: later writes to one of the two do not reach the other. */
  copy(): Keyspace {
    return new Keyspace(this.#entries);
  }
}
