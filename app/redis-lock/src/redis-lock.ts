import type { Ioredis } from '../adapters/ioredis.ts';
import { lockClientOf } from '../adapters/lock-client.ts';
import type { LockClient } from './client.ts';
import { createLock } from './lock.ts';
import { nodeRuntime, type Runtime } from './runtime.ts';
import type { DistributedLock, LockOptions } from './types.ts';

/**
 * A lock on one Redis. Waiters queue in Redis, and the release hands the lock to the first of them: no waiter polls,
 * and none is overtaken. Two holders are possible when one outlives its lease, or after a failover to a replica that
 * missed the grant. Guard against both by checking the lease's fencing token at the resource
 * (https://martin.kleppmann.com/2016/02/08/how-to-do-distributed-locking.html).
 *
 * Tokens increase with every grant of a key as long as Redis keeps its data. If it loses its data they still increase,
 * unless its clock was set back as well.
 *
 * @param redis an ioredis connection, preferably without an offline queue: a request sent late is useless. Or the client of
 *   another package, by its adapter. The caller closes it.
 *   The lock opens a second connection for grant notifications as soon as a caller has to wait.
 * @throws {RangeError} for an option that is out of range; {TypeError} for a connection with a `keyPrefix`.
 */
export function createRedisLock(
  redis: Ioredis | LockClient,
  options: LockOptions = {},
  runtime: Runtime = nodeRuntime,
): DistributedLock {
  return createLock([lockClientOf(redis)], options, runtime);
}
