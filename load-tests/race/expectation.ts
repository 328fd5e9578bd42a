import { lockModeNames, lockModeTraits } from '../../app/lock-modes/registry.ts';
import type { Verdict } from '../verify/verdict.ts';

/** `LOCK_KEY`: the lock's key is of the user and the amount, or of the user alone. */
export type LockKey = 'payment' | 'user';

/**
 * @returns the expected verdict of a mode under contention without faults, from what it excludes and what its writes
 *   require. An unknown mode should hold.
 */
export function expectedVerdict(
  mode: string,
  instances: number,
  { amounts = 1, lockKey = 'payment' }: { amounts?: number; lockKey?: LockKey } = {},
): Verdict {
  const name = lockModeNames.find((known) => known === mode);
  if (name === undefined) return 'held';
  const { excludes, writeRequires } = lockModeTraits[name];
  // The row itself refuses a write over a rival's version or token, whatever the key. With two amounts in `fenced`, both
  // can hold their locks, but the second to read registers its token, so the first one's write is refused.
  if (excludes === 'user' || ['version', 'token', 'isolation'].includes(writeRequires)) return 'held';
  if (excludes === 'none' || (excludes === 'instance' && instances > 1)) return 'violated';
  // Two amounts of one user have two keys, but one flag.
  return amounts > 1 && lockKey === 'payment' ? 'violated' : 'held';
}
