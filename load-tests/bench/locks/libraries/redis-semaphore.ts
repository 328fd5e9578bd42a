import { type LockOptions, Mutex, RedlockMutex } from 'redis-semaphore';
import { type BenchLockOptions, type LockLibrary, waitMs } from './lock-library.ts';

/** By default it retries every 10 ms, gives up after 10 s, and renews every 8 s. Here it waits longer and never renews. */
export const redisSemaphore: LockLibrary = {
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

/** A mutex holds the state of one acquisition, so each acquisition creates its own. */
function createLock(createMutex: (key: string) => InstanceType<typeof Mutex>) {
  return {
    async acquire(key: string) {
      const mutex = createMutex(key);
      await mutex.acquire();
      return () => mutex.release();
    },
    close: async () => {},
  };
}
