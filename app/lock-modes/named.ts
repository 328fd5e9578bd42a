import type { GuardingConnections } from './account.ts';
import { createConnectionMode } from './connection-mode.ts';
import type { LockMode } from './lock-mode.ts';

/**
 * A lock service that everybody with MySQL has already: `GET_LOCK`, on the connection that reads and writes. It belongs to
 * the session: a pool that gives the connection to another request without `RELEASE_LOCK` gives the lock along.
 */
export function createNamedMode(connections: GuardingConnections): LockMode {
  return createConnectionMode({ name: 'named', connections, lockOf: ({ key }) => key });
}
