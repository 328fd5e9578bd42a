import type { Redis } from 'ioredis';
import type { LockClient } from '../src/client.ts';
import { ioredisClient } from './ioredis.ts';

/**
 * @returns the lock's client on a connection.
 * @throws {TypeError} for anything else, and for a connection with a `keyPrefix`.
 */
export function lockClientOf(connection: LockClient | Redis): LockClient {
  if ('runScript' in connection) return connection;
  if ('sendCommand' in connection && 'duplicate' in connection && 'status' in connection)
    return ioredisClient(connection);
  throw new TypeError('a lock needs an ioredis connection or a LockClient, made by one of the adapters');
}
