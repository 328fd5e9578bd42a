import type { Verdict } from './verdict.ts';

/** `LOCK_KEY`: the lock's key is of the user and the amount, or of the user alone. */
export type LockKey = 'payment' | 'user';

/**
 * The modes that exclude only requests with the same key. The others guard the user's row, whatever the key: `row` locks
 * it, `version` checks its version, and `fenced` its token. In `fenced`, two amounts can hold their locks at the same time,
 * but the second to read registers its token on the row, so the first one's write is refused.
 */
const excludesByKey: ReadonlySet<string> = new Set(['memory', 'naive', 'redis', 'redlock']);

/** @returns the expected verdict of a mode under contention without faults. An unknown mode should hold. */
export function expectedVerdict(
  mode: string,
  instances: number,
  { amounts = 1, lockKey = 'payment' }: { amounts?: number; lockKey?: LockKey } = {},
): Verdict {
  if (mode === 'none') return 'violated';
  // A mutex in one process excludes no other process.
  if (mode === 'memory' && instances > 1) return 'violated';
  // Two amounts of one user have two keys, but one flag.
  if (amounts > 1 && lockKey === 'payment' && excludesByKey.has(mode)) return 'violated';
  return 'held';
}
