import type { LockClient } from '../src/client.ts';
import { type Ioredis, ioredisClient } from './ioredis.ts';

/**
 * @returns the lock's client on a connection.
 * @throws {TypeError} for anything else, for a Cluster, and for an ioredis connection with a `keyPrefix`.
 */
export function lockClientOf(connection: LockClient | Ioredis): LockClient {
  const has = (name: string): boolean => typeof connection === 'object' && connection !== null && name in connection;
  if (has('runScript')) return connection as LockClient;
  if (has('sendCommand') && has('status')) return ioredisClient(connection as Ioredis);
  throw new TypeError('a lock needs an ioredis connection, or what the adapter of another client returns');
}
