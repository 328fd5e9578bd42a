import { isDatabaseUnreachable } from '../database/errors.ts';
import type { DistributedLock, Lease } from '../redis-lock/index.ts';
import { type AccountStore, conditionOf, type GuardedAccount } from './account.ts';
import type { CriticalSection, Entry, LockMode } from './lock-mode.ts';

/** How a section under one lease ended; `outrun`: its token was too low for the row, and the work was not begun. */
type Held<T> = Extract<Entry<T>, { outcome: 'done' | 'unavailable' }> | { outcome: 'outrun'; seen: bigint };

/**
 * The Redis lock, and a row that remembers who got it last. Before the read, the lease's fencing token is registered on
 * the user's row; the write demands that it is still there. A holder that was paused past its lease is refused as soon
 * as the next one has read, whatever its own clock says. To check tokens at the write alone is not enough: a paused
 * holder could write between its successor's read and write, and be overwritten unseen
 * (https://martin.kleppmann.com/2016/02/08/how-to-do-distributed-locking.html has the check, not the registration).
 *
 * It is the row that decides, and not the lease's time: as long as nobody else has registered, nobody else has read.
 */
export function createFencedMode(accounts: AccountStore, lock: DistributedLock, ping: () => Promise<void>): LockMode {
  return {
    name: 'fenced',
    lockOf: ({ key }) => key,
    async guard({ waitMs, signal, ...section }, work) {
      const deadline = performance.now() + waitMs;
      let above: bigint | undefined;
      for (let tries = 1; ; tries++) {
        const leftMs = Math.max(0, deadline - performance.now());
        const options = { waitMs: leftMs, signal, ...(above !== undefined && { above }) };
        const entry = await lock.withLock(section.key, (lease) => underLease(accounts, lease, section, work), options);
        if (entry.outcome !== 'done') return entry;
        const held = entry.value;
        if (held.outcome !== 'outrun') return held;
        // Redis has lost its count, or somebody came by another key, or our lease was over before we could register. A
        // token above the row's mends it: else nobody could pay until the count has caught up. The second try is free.
        above = held.seen;
        if (tries > 1 && performance.now() >= deadline) return { outcome: 'busy', retryAfterMs: 0 };
      }
    },
    ping,
    close: () => lock.close(),
  };
}

async function underLease<T>(
  accounts: AccountStore,
  { token }: Lease,
  { userId, requestId }: Pick<CriticalSection, 'userId' | 'requestId'>,
  work: (account: GuardedAccount) => Promise<T>,
): Promise<Held<T>> {
  try {
    const registration = await accounts.registerFence(userId, token);
    if (registration.outcome === 'outrun') return registration;
  } catch (error) {
    if (isDatabaseUnreachable(error)) return { outcome: 'unavailable', cause: error };
    throw error;
  }
  const value = await work({
    token,
    read: () => accounts.read(userId),
    write: (paid, basis, demand) => {
      const onlyIf = { fence: token, ...conditionOf(basis, demand) };
      return accounts.write({ userId, paid, readVersion: basis.version, requestId, onlyIf });
    },
  });
  return { outcome: 'done', value };
}
