/** The keys of one lock. */
export interface LockKeys {
  readonly lock: string;
  /** In the order that the scripts expect: the lock, its queue of waiters, its last fencing token. */
  readonly all: readonly [lock: string, queue: string, fence: string];
  /** All three, encoded for the wire. */
  readonly encoded: string;
}

/**
 * @param bytes its length in UTF-8: known for ASCII, where counting takes as long as all the rest.
 * @returns a RESP bulk string (https://redis.io/docs/latest/develop/reference/protocol-spec/#bulk-strings).
 */
export function bulkString(text: string, bytes = Buffer.byteLength(text)): string {
  return `$${bytes}\r\n${text}\r\n`;
}

class NamedKeys implements LockKeys {
  readonly lock: string;
  readonly all: LockKeys['all'];
  #encoded: string | undefined; // computed on first use: an uncontended lock without tokens needs no script

  constructor(lock: string, queue: string, fence: string) {
    this.lock = lock;
    this.all = [lock, queue, fence];
  }

  get encoded(): string {
    if (this.#encoded !== undefined) return this.#encoded;
    const [lock, queue, fence] = this.all;
    const bytes = Buffer.byteLength(queue); // as many as the fence's
    this.#encoded = bulkString(lock) + bulkString(queue, bytes) + bulkString(fence, bytes);
    return this.#encoded;
  }
}

/**
 * Names the keys of a lock. All three hash to one slot, as a script on Redis Cluster requires: the other two use the
 * lock's name, or the hash tag that it contains, as their hash tag
 * (https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#hash-tags). No two locks share a key.
 *
 * @param prefix of the other two.
 * @throws {TypeError} for an empty key, for braces that rule out a hash tag, for the name of a queue or a fence, and
 *   for a string that UTF-8 cannot encode.
 */
export function lockKeys(key: string, prefix = ''): LockKeys {
  if (typeof key !== 'string' || key === '') throw new TypeError('the key of a lock must be a non-empty string');
  // The second expression is slow, and few keys have any surrogates.
  if (/[\ud800-\udfff]/.test(key) && /\p{Surrogate}/u.test(key))
    throw new TypeError('the key of a lock must be well-formed; it has a lone surrogate');
  if (!key.includes('{') && !key.includes('}')) {
    return new NamedKeys(key, `${prefix}{${key}}:queue`, `${prefix}{${key}}:fence`);
  }
  if (!/^[^{]*\{[^}]+\}/.test(key)) {
    throw new TypeError(`the key of a lock may have braces only as a hash tag, such as {user7}:lock; it is ${key}`);
  }
  if (/:(queue|fence)$/.test(key)) throw new TypeError(`a key such as ${key} belongs to another lock`);
  return new NamedKeys(key, `${prefix}${key}::queue`, `${prefix}${key}::fence`);
}

/** @returns whether {@link lockKeys} accepts the key. */
export function isLockKey(key: string): boolean {
  try {
    lockKeys(key);
    return true;
  } catch {
    return false;
  }
}
