import type { Redis } from 'ioredis';
import { ioredisClient } from '../adapters/ioredis.ts';
import { createLock } from './lock.ts';
import { nodeRuntime, type Runtime } from './runtime.ts';
import type { DistributedLock, LockOptions } from './types.ts';

/**
 * The same lock on several Redis servers that know nothing of each other: held while a majority has granted it, so that it
 * survives the loss of a minority (https://redis.io/docs/latest/develop/clients/patterns/distributed-locks/, "The Redlock
 * algorithm"). It relies on clocks: a node that restarts empty, or whose clock jumps, within the TTL may vote twice.
 *
 * Its fencing token is the highest of the majority that granted it; where the majority disagrees, a majority is made to
 * keep that one before the lease is given out. So a later grant's token is greater as long as the two majorities have a
 * node in common that has kept its data: guaranteed while fewer than half of the nodes have lost theirs, and nothing more.
 * After a greater loss it grows as far as the clients' clocks agree.
 *
 * @param nodes at least three, and best an odd number: with an even one, one node more is needed for the same safety.
 * @throws {RangeError} for fewer than three nodes or an option out of range; {TypeError} for a `keyPrefix`.
 */
export function createRedlock(
  nodes: readonly Redis[],
  options: LockOptions = {},
  runtime: Runtime = nodeRuntime,
): DistributedLock {
  if (nodes.length < 3) throw new RangeError(`Redlock needs at least three nodes; it was given ${nodes.length}`);
  return createLock(nodes.map(ioredisClient), options, runtime);
}
