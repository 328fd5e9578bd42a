import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { type BenchLock, type BenchLockOptions, type Contender, triesWithoutEnd } from './contender.ts';

/** What redlock and its fork have in common. */
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

/**
 * redlock and its fork try again after 200 ms ± 100 ms and give up after ten tries by default; tuned, they do so after
 * 5 ms ± 2 ms and without end. They renew only what is run by `using`, so that no timer is set here.
 *
 * On several nodes they keep what a minority has granted while they try again: as soon as three want a key, it may be
 * that none has a majority until the TTL runs out. So there they are told to try once, after which they give back what
 * they got, and are asked again after the same pause.
 */
export function redlockFamily<L>(
  name: string,
  create: (nodes: readonly Redis[], settings: RedlockSettings) => Redlock<L>,
): Contender {
  return {
    name,
    onOneRedis(redis, { ttlMs, retryMs = defaultRetryMs }) {
      const settings = { retryCount: triesWithoutEnd, retryDelay: retryMs, retryJitter: retryMs * jitter };
      const redlock = create([redis], settings);
      return lockOf(redlock, (key) => redlock.acquire([key], ttlMs));
    },
    onMajority(nodes, { ttlMs, retryMs = defaultRetryMs }: BenchLockOptions) {
      const redlock = create(nodes, { retryCount: 0, retryDelay: retryMs, retryJitter: retryMs * jitter });
      return lockOf(redlock, async (key) => {
        for (let tries = 1; ; tries++) {
          try {
            return await redlock.acquire([key], ttlMs);
          } catch (error) {
            if (tries >= triesWithoutEnd) throw error;
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
      // By default a release is tried as often as an acquire: for a lock that has expired, that would be for ever.
      return () => redlock.release(lock, { retryCount: 0 });
    },
    close: async () => {},
  };
}
