import { setTimeout as sleep } from 'node:timers/promises';
import { Redlock as SesamecareRedlock } from '@sesamecare-oss/redlock';
import type { Redis } from 'ioredis';
import RedlockBeta from 'redlock';
import { type BenchLock, type LockLibrary, unlimitedTries } from './lock-library.ts';

/** The part of the interface that redlock shares with its fork. */
interface Redlock<L> {
  acquire(resources: string[], duration: number): Promise<L>;
  release(lock: L, settings: { retryCount: number }): Promise<unknown>;
}

interface RedlockSettings {
  readonly retryCount: number;
  readonly retryDelay: number;
  readonly retryJitter: number;
}

const defaultRetryMs = 5;
const jitter = 0.4;

/** redlock 5 beta. */
export const redlockLibrary = redlockFamily('redlock', (nodes, settings) => new RedlockBeta(nodes, settings));

/** The maintained fork of redlock. */
export const sesamecareRedlock = redlockFamily(
  '@sesamecare-oss/redlock',
  (nodes, settings) => new SesamecareRedlock(nodes, settings),
);

/**
 * redlock and its fork retry after 200 ms ± 100 ms and give up after ten tries by default; here they retry after
 * 5 ms ± 2 ms without a limit. Only `using` renews, and it is not used.
 *
 * On several nodes they keep a minority's votes while they retry: with three or more acquirers, the votes can stay split
 * until the TTL expires. So `onMajority` configures one try, which gives back its votes on failure, and retries itself.
 */
function redlockFamily<L>(
  name: string,
  create: (nodes: readonly Redis[], settings: RedlockSettings) => Redlock<L>,
): LockLibrary {
  return {
    name,
    onOneRedis(redis, { ttlMs, retryMs = defaultRetryMs }) {
      const settings = { retryCount: unlimitedTries, retryDelay: retryMs, retryJitter: retryMs * jitter };
      const redlock = create([redis], settings);
      return lockOf(redlock, (key) => redlock.acquire([key], ttlMs));
    },
    onMajority(nodes, { ttlMs, retryMs = defaultRetryMs }) {
      const redlock = create(nodes, { retryCount: 0, retryDelay: retryMs, retryJitter: retryMs * jitter });
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
}

function lockOf<L>(redlock: Redlock<L>, acquire: (key: string) => Promise<L>): BenchLock {
  return {
    async acquire(key) {
      const lock = await acquire(key);
      // A release is retried as often as an acquire by default: without a limit, for a lock that has expired.
      return () => redlock.release(lock, { retryCount: 0 });
    },
    close: async () => {},
  };
}
