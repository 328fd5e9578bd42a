import { isDatabaseUnreachable } from '../database/errors.ts';
import { type DistributedLock, type Lease, maxToken } from '../redis-lock/index.ts';
import { type AccountStore, conditionFor, type GuardedAccount } from './account.ts';
import type { CriticalSection, Entry, LockMode } from './lock-mode.ts';

/** How a section under one lease ended. `stale-token`: the row has seen a higher token, and the work was not begun. */
type LeaseResult<T> = Extract<Entry<T>, { outcome: 'done' | 'unavailable' }> | { outcome: 'stale-token'; seen: bigint };

/**
 * The Redis lock plus a fencing token. Before the read, the lease's token is registered on the user's row; the write
 * requires that it is still registered. A holder that was paused past its lease is refused as soon as the next holder has
 * read, whatever its own clock says. Checking the token at the write only is not enough: a paused holder could write
 * between its successor's read and write, and that update would be lost
 * (https://martin.kleppmann.com/2016/02/08/how-to-do-distributed-locking.html describes the check, not the registration).
 *
 * The row decides, not the lease's time: until another holder registers, no other holder has read.
 */
export function createFencedMode(accounts: AccountStore, lock: DistributedLock): LockMode {
  return {
    name: 'fenced',
    lockOf: ({ key }) => key,
    async guard({ waitMs, signal, ...section }, work) {
      const deadline = performance.now() + waitMs;
      let minToken: bigint | undefined;
      for (let tries = 1; ; tries++) {
        const leftMs = Math.max(0, deadline - performance.now());
        const options = { waitMs: leftMs, signal, ...(minToken !== undefined && { minToken }) };
        const entry = await lock.withLock(
          section.key,
          (lease) => runUnderLease(accounts, lease, section, work),
          options,
        );
        if (entry.outcome !== 'done') return entry;
        const result = entry.value;
        if (result.outcome !== 'stale-token') return result;
        // Redis lost its counter, a rival used another key, or the lease expired before the registration. Ask for a token
        // above the row's: otherwise no request could pay until the counter has caught up. Try that at least once, even if
        // the wait is over.
        minToken = result.seen;
        if (minToken >= maxToken) throw new FenceLimitError(section.userId, minToken);
        if (tries > 1 && performance.now() >= deadline) return { outcome: 'busy', retryAfterMs: 0 };
      }
    },
    close: () => lock.close(),
  };
}

/** The row's token exceeds every token that Redis can issue. Only a manual write to the table results in that. */
class FenceLimitError extends Error {
  override readonly name = 'FenceLimitError';

  constructor(userId: number, fence: bigint) {
    super(
      `The column fence of user ${userId} is ${fence}, and no fencing token is greater: set it to 0 while no request of the user is in progress.`,
    );
  }
}

async function runUnderLease<T>(
  accounts: AccountStore,
  lease: Lease,
  { userId, attempt }: Pick<CriticalSection, 'userId' | 'attempt'>,
  work: (account: GuardedAccount) => Promise<T>,
): Promise<LeaseResult<T>> {
  const { token } = lease;
  try {
    const registration = await accounts.registerFence(userId, token);
    if (registration.outcome === 'stale-token') return registration;
  } catch (error) {
    if (isDatabaseUnreachable(error)) return { outcome: 'unavailable', cause: error };
    throw error;
  }
  const value = await work({
    token,
    renew: () => lease.extend(),
    read: () => accounts.read(userId),
    write: (change, snapshot, precondition) => {
      const onlyIf = { fence: token, ...conditionFor(snapshot, precondition) };
      return accounts.write({ userId, change, readVersion: snapshot.version, attempt, onlyIf });
    },
  });
  return { outcome: 'done', value };
}
