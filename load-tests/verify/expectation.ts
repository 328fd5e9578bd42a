import type { Verdict } from './verdict.ts';

/** `LOCK_KEY`: whether the lock's key is made of the user and the amount, or of the user alone. */
export type LockKey = 'payment' | 'user';

/**
 * The modes that keep out whoever asks for the same key, and nobody else. The others look at what belongs to the user,
 * whatever the key: `row` locks the user's row, `version` demands that row's version, and `fenced` that row's token. Two
 * amounts get into the lock of `fenced` side by side, but the second to read puts its token on the row in the place of
 * the first one's, whose write is refused then: nobody overwrites what came after its own read.
 */
const goByKeyAlone: ReadonlySet<string> = new Set(['memory', 'naive', 'redis', 'redlock']);

/**
 * What a mode should come to under contention alone, with no fault. A mode that is not known here should hold.
 *
 * @param keys how many amounts each user has, and what the lock's key is made of
 */
export function expectedVerdict(
  mode: string,
  instances: number,
  { amounts = 1, lockKey = 'payment' }: { amounts?: number; lockKey?: LockKey } = {},
): Verdict {
  if (mode === 'none') return 'violated';
  // A mutex in the process keeps nobody out of the other processes.
  if (mode === 'memory' && instances > 1) return 'violated';
  // One user's payments of two amounts have two keys, and one flag.
  if (amounts > 1 && lockKey === 'payment' && goByKeyAlone.has(mode)) return 'violated';
  return 'held';
}
