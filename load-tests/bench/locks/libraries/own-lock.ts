import { createRedisLock, createRedlock, type DistributedLock } from '../../../../app/redis-lock/index.ts';
import { type BenchLock, type LockLibrary, waitMs } from './lock-library.ts';

/** This project's lock, without renewal (the default). It waits for notifications, so `retryMs` does not apply. */
export const ownLock: LockLibrary = {
  name: 'app/redis-lock',
  onOneRedis: (redis, { ttlMs }) => wrap(createRedisLock(redis, { ttlMs })),
  onMajority: (nodes, { ttlMs }) => wrap(createRedlock(nodes, { ttlMs })),
};

/** The same without fencing tokens, which the other libraries do not have. */
export const ownLockWithoutTokens: LockLibrary = {
  name: 'app/redis-lock, no tokens',
  onOneRedis: (redis, { ttlMs }) => wrap(createRedisLock(redis, { ttlMs, fencing: false })),
  onMajority: (nodes, { ttlMs }) => wrap(createRedlock(nodes, { ttlMs, fencing: false })),
};

function wrap(lock: DistributedLock): BenchLock {
  return {
    async acquire(key) {
      const acquisition = await lock.acquire(key, { waitMs });
      if (acquisition.outcome !== 'acquired') throw new Error(`not acquired: ${acquisition.outcome}`);
      return async () => {
        if ((await acquisition.lease.release()) !== 'released') throw new Error('the lease had expired');
      };
    },
    close: () => lock.close(),
  };
}
