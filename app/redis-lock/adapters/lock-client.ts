import type { Cluster, Redis } from 'ioredis';
import type { LockClient } from '../src/client.ts';
import { type Ioredis, IoredisClient } from './ioredis.ts';
import { ioredisClusterClient } from './ioredis-cluster.ts';

/**
 * @returns the lock's client on a connection.
 * @throws {TypeError} for anything else, and for an ioredis connection with a `keyPrefix`: it would not apply to all keys.
 */
export function lockClientOf(connection: LockClient | Ioredis): LockClient {
  const has = (name: string): boolean => typeof connection === 'object' && connection !== null && name in connection;
  if (has('runScript')) return connection as LockClient;
  if (!has('sendCommand') || !has('status')) {
    throw new TypeError('a lock needs an ioredis connection, or what the adapter of another client returns');
  }
  const redis = connection as Ioredis;
  rejectKeyPrefix(redis);
  return redis.isCluster ? ioredisClusterClient(redis as Cluster) : new IoredisClient(redis as Redis);
}

/** @throws {TypeError} for an ioredis connection with a `keyPrefix`. */
export function rejectKeyPrefix(redis: Ioredis): void {
  if (redis.options.keyPrefix) {
    throw new TypeError('a lock needs a connection without keyPrefix; put the prefix into the keys instead');
  }
}
