import { setTimeout as sleep } from 'node:timers/promises';
import Redlock from 'redlock';
import { type BenchLock, type LockLibrary, unlimitedTries } from './lock-library.ts';

const defaultRetryMs = 5;
const jitter = 0.4;
const settings = (retryMs: number, retryCount: number) => ({
  retryCount,
  retryDelay: retryMs,
  retryJitter: retryMs * jitter,
});

/**
 * redlock 5 beta. It retries after 200 ms ± 100 ms and gives up after ten tries by default; here it retries after
 * 5 ms ± 2 ms without a limit. Only `using` renews, and it is not used.
 *
 * On several nodes it keeps a minority's votes while it retries: with three or more acquirers, the votes can stay split
 * until the TTL expires. So `onMajority` configures one try, which gives back its votes on failure, and retries itself.
 */
export const redlockLibrary: LockLibrary = {
  name: 'redlock',
  onOneRedis(redis, { ttlMs, retryMs = defaultRetryMs }) {
    const redlock = new Redlock([redis], settings(retryMs, unlimitedTries));
    return lockOf(redlock, (key) => redlock.acquire([key], ttlMs));
  },
  onMajority(nodes, { ttlMs, retryMs = defaultRetryMs }) {
    const redlock = new Redlock(nodes, settings(retryMs, 0));
    return lockOf(redlock, async (key) => {
      for (let tries = 1; ; tries++) {
        try {
          return await redlock.acquire([key], ttlMs);
        } catch (error) {
          if (tries >= unlimitedTries) throw error;
          await sleep(retryMs * (1 + jitter * (2 * Math.random() - 1)));
        }
      }
    });
  },
};

function lockOf(redlock: Redlock, acquire: (key: string) => ReturnType<Redlock['acquire']>): BenchLock {
  return {
    async acquire(key) {
      const lock = await acquire(key);
      // A release is retried as often as an acquire by default: without a limit, for a lock that has expired.
      return () => redlock.release(lock, { retryCount: 0 });
    },
    close: async () => {},
  };
}
