import { type LockOptions, Mutex, RedlockMutex } from 'redis-semaphore';
import { type BenchLockOptions, type Contender, waitMs } from './contender.ts';

/**
 * redis-semaphore. It tries again after 10 ms, for 10 s, and renews what it holds every 8 s by default; here it waits
 * longer and renews nothing.
 */
export const redisSemaphore: Contender = {
  name: 'redis-semaphore',
  onOneRedis: (redis, options) => createLock((key) => new Mutex(redis, key, mutexOptions(options))),
  onMajority: (nodes, options) => createLock((key) => new RedlockMutex([...nodes], key, mutexOptions(options))),
};

const mutexOptions = ({ ttlMs, retryMs = 10 }: BenchLockOptions): LockOptions => ({
  lockTimeout: ttlMs,
  acquireTimeout: waitMs,
  retryInterval: retryMs,
  refreshInterval: 0,
});

/** A mutex holds the state of one acquisition: each needs one of its own. */
function createLock(createMutex: (key: string) => Mutex | RedlockMutex) {
  return {
    async acquire(key: string) {
      const mutex = createMutex(key);
      await mutex.acquire();
      return () => mutex.release();
    },
    close: async () => {},
  };
}
