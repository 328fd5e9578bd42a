import type { GuardingConnections } from './account.ts';
import type { LockMode } from './lock-mode.ts';
import { createConnectionMode } from './shared/connection-mode.ts';

/**
 * Isolation instead of a lock: the read and the write of the user's row in one transaction at SERIALIZABLE, where a read
 * blocks other writers. Two transactions that have read and then write deadlock: the database aborts one of them, and its
 * request takes the charge back and starts over.
 */
export function createSerializableMode(connections: GuardingConnections): LockMode {
  return createConnectionMode({ name: 'serializable', connections });
}
