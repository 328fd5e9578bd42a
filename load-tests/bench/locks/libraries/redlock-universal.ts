import { createRedlock, createLock as createSimpleLock, IoredisAdapter } from 'redlock-universal';
import { type BenchLockOptions, type LockLibrary, unlimitedTries } from './lock-library.ts';

/**
 * redlock-universal in `lean` mode, its fastest, without the circuit breaker. By default it retries after 100 ms (200 ms
 * on several nodes) and gives up after three tries. Only `using` renews, and it is not used.
 */
export const redlockUniversal: LockLibrary = {
  name: 'redlock-universal',
  onOneRedis(redis, options) {
    const adapter = new IoredisAdapter(redis);
    return createLock((key) =>
      createSimpleLock({ adapter, key, ...lockOptions(options), performance: 'lean', circuitBreaker: false }),
    );
  },
  onMajority(nodes, options) {
    const adapters = nodes.map((redis) => new IoredisAdapter(redis));
    return createLock((key) => createRedlock({ adapters, key, ...lockOptions(options) }));
  },
};

const lockOptions = ({ ttlMs, retryMs = 5 }: BenchLockOptions) => ({
  ttl: ttlMs,
  retryAttempts: unlimitedTries,
  retryDelay: retryMs,
});

type KeyLock = ReturnType<typeof createSimpleLock>;

/** One lock object serves all acquisitions of its key. */
function createLock(createFor: (key: string) => KeyLock) {
  const locks = new Map<string, KeyLock>();
  return {
    async acquire(key: string) {
      const lock = locks.get(key) ?? createFor(key);
      locks.set(key, lock);
      const handle = await lock.acquire();
      return () => lock.release(handle);
    },
    close: async () => {},
  };
}
