import { Cluster } from 'ioredis';
import { messageOf } from '../thrown.ts';
import type { RedisConnection } from './connection.ts';

/**
 * Looks for settings under which a Redis loses locks that are held. A Redis that is full deletes keys with a TTL, as every
 * lock has one, unless its `maxmemory-policy` is `noeviction`: then it refuses new locks, which is safe
 * (https://redis.io/docs/latest/develop/reference/eviction/).
 *
 * @returns one warning for each server of concern. None for a server that does not answer: that is reported elsewhere.
 */
export async function redisWarnings(redis: RedisConnection): Promise<string[]> {
  const servers = redis instanceof Cluster ? redis.nodes('master') : [redis];
  const warnings = await Promise.all(servers.map(warningOf));
  return warnings.filter((warning) => warning !== undefined);
}

/** By INFO, which also those may use to whom CONFIG is forbidden. */
async function warningOf(server: Pick<RedisConnection, 'info'>): Promise<string | undefined> {
  try {
    const [, policy] = /^maxmemory_policy:(\S+)/m.exec(await server.info('memory')) ?? [];
    if (policy === undefined || policy === 'noeviction') return undefined;
    return `its maxmemory-policy is ${policy}, so when it is full it deletes locks that are held: set it to noeviction`;
  } catch (error) {
    if (!/^NOPERM/.test(messageOf(error))) return undefined;
    return 'its user may not run INFO, so its maxmemory-policy is unknown: it must be noeviction';
  }
}
