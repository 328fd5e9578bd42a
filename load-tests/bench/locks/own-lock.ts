import { createRedisLock, createRedlock, type DistributedLock } from '../../../app/redis-lock/index.ts';
import { type BenchLock, type Contender, waitMs } from './contender.ts';

/** This project's lock. It has no pause between tries to be configured; leases are not renewed, as by default. */
export const ownLock: Contender = {
  name: 'app/redis-lock',
  onOneRedis: (redis, { ttlMs }) => wrap(createRedisLock(redis, { ttlMs })),
  onMajority: (nodes, { ttlMs }) => wrap(createRedlock(nodes, { ttlMs })),
};

function wrap(lock: DistributedLock): BenchLock {
  return {
    async acquire(key) {
      const acquisition = await lock.acquire(key, { waitMs });
      if (acquisition.outcome !== 'acquired') throw new Error(`not acquired: ${acquisition.outcome}`);
      return async () => {
        if ((await acquisition.lease.release()) !== 'released') throw new Error('the lease had run out');
      };
    },
    close: () => lock.close(),
  };
}
