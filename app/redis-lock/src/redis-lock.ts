import type { Ioredis } from '../adapters/ioredis.ts';
import { lockClientOf } from '../adapters/lock-client.ts';
import type { LockClient } from './client.ts';
import { createLock } from './lock.ts';
import { nodeRuntime, type Runtime } from './runtime.ts';
import type { DistributedLock, LockOptions } from './types.ts';

/**
 * A lock on one Redis. Waiters queue in Redis, and the release hands the lock to the first of them; they ask once or twice
 * a second only in case that a notification is lost. Two holders are possible when one outlives its lease, or after a failover to a replica that
 * missed the grant. Guard against both by checking the lease's fencing token at the resource
 * (https://martin.kleppmann.com/2016/02/08/how-to-do-distributed-locking.html).
 *
 * Tokens increase with every grant of a key as long as Redis keeps its data. If it loses its data they still increase,
 * unless its clock was set back as well, or a caller's `minToken` had raised them ahead of the clock.
 *
 * @param redis an ioredis connection or Cluster, or what the adapter of another client returns; preferably without an
 *   offline queue: a request sent late is useless. The caller closes it. The lock opens connections of its own for grant
 *   notifications as soon as a caller has to wait.
 * @param runtime the clocks and timers; for tests.
 * @throws {RangeError} for an option that is out of range; {TypeError} for anything but a client, and for a connection with
 *   a `keyPrefix`.
 */
export function createRedisLock(
  redis: Ioredis | LockClient,
  options: LockOptions = {},
  runtime: Runtime = nodeRuntime,
): DistributedLock {
  return createLock([lockClientOf(redis)], options, runtime);
}
