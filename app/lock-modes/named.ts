import type { GuardingConnections } from './account.ts';
import type { LockMode } from './lock-mode.ts';
import { createConnectionMode } from './shared/connection-mode.ts';

/**
 * The lock service that MySQL has built in: `GET_LOCK`, on the connection that reads and writes. The lock belongs to the
 * session: a pool that reuses the connection without `RELEASE_LOCK` passes the lock on to another request.
 */
export function createNamedMode(connections: GuardingConnections): LockMode {
  return createConnectionMode({ name: 'named', connections, lockOf: ({ key }) => key });
}
