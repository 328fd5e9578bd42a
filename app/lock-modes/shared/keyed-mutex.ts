import { createSemaphore, type Semaphore } from '../../database/semaphore.ts';

/** How an attempt to enter ended. A caller that entered calls `leave`, once. */
type MutexEntry = { outcome: 'entered'; leave: () => void } | { outcome: 'busy' } | { outcome: 'aborted' };

export interface KeyedMutex {
  /** Waits for `key`, first come first served, for at most `waitMs`; 0: one try. */
  enter(key: string, waitMs: number, signal: AbortSignal): Promise<MutexEntry>;
}

/** A mutex per key, within this process. A key that is neither held nor waited for takes no memory. */
export function createKeyedMutex(): KeyedMutex {
  const mutexes = new Map<string, { readonly semaphore: Semaphore; users: number }>();

  return {
    async enter(key, waitMs, signal) {
      const mutex = mutexes.get(key) ?? { semaphore: createSemaphore(1), users: 0 };
      mutexes.set(key, mutex);
      mutex.users += 1;
      const forget = () => {
        mutex.users -= 1;
        if (mutex.users === 0) mutexes.delete(key);
      };
      const permit = await mutex.semaphore.acquire({ waitMs, signal });
      if (permit.outcome !== 'acquired') {
        forget();
        return permit;
      }
      let left = false;
      const leave = () => {
        if (left) throw new Error(`mutex for ${key} left twice`);
        left = true;
        permit.release();
        forget();
      };
      return { outcome: 'entered', leave };
    },
  };
}
