/** The keys of one lock. */
export interface LockKeys {
  readonly lock: string;
  /** In the order in which the scripts take them: the lock, the queue of those who wait for it, its last fencing token. */
  readonly all: readonly [lock: string, queue: string, fence: string];
  /** All three as they go over the wire. */
  readonly encoded: string;
}

/** @returns an argument as RESP has it (https://redis.io/docs/latest/develop/reference/protocol-spec/#bulk-strings). */
export function bulkString(text: string): string {
  return `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
}

function named(lock: string, queue: string, fence: string): LockKeys {
  return { lock, all: [lock, queue, fence], encoded: bulkString(lock) + bulkString(queue) + bulkString(fence) };
}

/**
 * All three hash to one slot, so that a script may use them on Redis Cluster too: the lock keeps its name and the other
 * two carry it as their hash tag, or the tag that it has
 * (https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#hash-tags). No key of one lock can be a key of
 * another.
 *
 * @throws {TypeError} for the empty key, for one whose braces make such a tag impossible, for the name of
 *   a queue, and for one that UTF-8 cannot express.
 */
export function lockKeys(key: string): LockKeys {
  if (typeof key !== 'string' || key === '') throw new TypeError('the key of a lock must be a string and not empty');
  if (/\p{Surrogate}/u.test(key))
    throw new TypeError('the key of a lock must be well-formed: it has half a surrogate pair');
  if (!key.includes('{') && !key.includes('}')) return named(key, `{${key}}:queue`, `{${key}}:fence`);
  if (!/^[^{]*\{[^}]+\}/.test(key)) {
    throw new TypeError(`the key of a lock may have braces only as a hash tag, such as {user7}:lock; it is ${key}`);
  }
  if (/:(queue|fence)$/.test(key)) throw new TypeError(`a key such as ${key} belongs to another lock`);
  return named(key, `${key}::queue`, `${key}::fence`);
}
