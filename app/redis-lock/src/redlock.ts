import type { Ioredis } from '../adapters/ioredis.ts';
import { lockClientOf } from '../adapters/lock-client.ts';
import type { LockClient } from './client.ts';
import { createLock } from './lock.ts';
import { nodeRuntime, type Runtime } from './runtime.ts';
import type { DistributedLock, LockOptions } from './types.ts';

/**
 * The same lock on several independent Redis servers. It is held while a majority has granted it, so it survives the
 * loss of a minority (https://redis.io/docs/latest/develop/clients/patterns/distributed-locks/, "The Redlock
 * algorithm"). It relies on clocks: a node that restarts empty within the TTL, or whose clock jumps, may vote twice.
 *
 * The fencing token is the highest of the majority that granted it. If the majority's tokens differ, a majority stores
 * the highest before the lease is given out. A later token is therefore greater as long as the two majorities share a
 * node that has kept its data. Where the only one that they share has lost its data within the last minute, tokens
 * increase only as far as the clients' clocks agree.
 *
 * @param nodes at least three, preferably an odd number: an even number needs one node more for the same safety.
 * @param runtime the clocks and timers; for tests.
 * @throws {RangeError} for fewer than three nodes, one that is given twice, or an option out of range; {TypeError} as
 *   `createRedisLock` does.
 */
export function createRedlock(
  nodes: readonly (Ioredis | LockClient)[],
  options: LockOptions = {},
  runtime: Runtime = nodeRuntime,
): DistributedLock {
  if (nodes.length < 3) throw new RangeError(`Redlock needs at least three nodes; it was given ${nodes.length}`);
  if (new Set(nodes).size < nodes.length) throw new RangeError('a node of Redlock was given twice');
  return createLock(nodes.map(lockClientOf), options, runtime);
}
