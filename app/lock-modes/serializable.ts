import type { GuardingConnections } from './account.ts';
import { createConnectionMode } from './connection-mode.ts';
import type { LockMode } from './lock-mode.ts';

/**
 * Isolation for a lock: the read and the write of the user's row in one transaction at SERIALIZABLE, where a read keeps
 * others from writing. Two that have both read and mean to write deadlock: the database ends one of them, which takes its
 * charge back and starts again.
 */
export function createSerializableMode(connections: GuardingConnections): LockMode {
  return createConnectionMode({ name: 'serializable', connections });
}
