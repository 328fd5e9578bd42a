import type { GuardingConnections } from './account.ts';
import type { LockMode } from './lock-mode.ts';
import { createConnectionMode } from './shared/connection-mode.ts';

/**
 * A lock by the database alone: `SELECT … FOR UPDATE` on the user's row, in one transaction from the read to the write.
 * Excludes all requests for the same user, whatever the amount.
 */
export function createRowMode(connections: GuardingConnections): LockMode {
  return createConnectionMode({ name: 'row', connections, lockOf: ({ userId }) => `users row ${userId}` });
}
