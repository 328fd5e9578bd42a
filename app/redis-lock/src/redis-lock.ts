import type { Redis } from 'ioredis';
import { ioredisClient } from '../adapters/ioredis.ts';
import { createLock } from './lock.ts';
import { nodeRuntime, type Runtime } from './runtime.ts';
import type { DistributedLock, LockOptions } from './types.ts';

/**
 * A lock on one Redis. Those who wait stand in a queue in Redis and are handed the lock in turn by whoever releases it:
 * nobody polls, and nobody is overtaken. It is as safe as its TTL is long and its Redis alone: a holder that outlives its
 * lease, or a failover to a replica that has not seen the grant, lets a second one in. Against that, have the resource
 * check the lease's fencing token (https://martin.kleppmann.com/2016/02/08/how-to-do-distributed-locking.html).
 *
 * Tokens grow with every grant of a key as long as Redis keeps its data; where it has lost them, they go on growing unless
 * its clock was set back as well.
 *
 * @param redis a connection, best without an offline queue, as a lock that is asked for later is of no use. It stays the
 *   caller's to close; the lock opens a second one to hear of grants as soon as somebody has to wait.
 * @throws {RangeError} for an option that is out of range; {TypeError} for a connection with a `keyPrefix`.
 */
export function createRedisLock(
  redis: Redis,
  options: LockOptions = {},
  runtime: Runtime = nodeRuntime,
): DistributedLock {
  return createLock([ioredisClient(redis)], options, runtime);
}
