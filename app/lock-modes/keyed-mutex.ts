/** How an attempt to enter ended. A caller that entered calls `leave`, once. */
type MutexEntry = { outcome: 'entered'; leave: () => void } | { outcome: 'busy' } | { outcome: 'aborted' };

export interface KeyedMutex {
  /** Waits for `key`, first come first served, for at most `waitMs`; 0: one try. */
  enter(key: string, waitMs: number, signal: AbortSignal): Promise<MutexEntry>;
}

/** A mutex per key, within this process. A key that is neither held nor waited for takes no memory. */
export function createKeyedMutex(): KeyedMutex {
  /** Maps each held key to the queue of its waiters. */
  const queues = new Map<string, Set<() => void>>();

  const leaveOnce = (key: string) => {
    let left = false;
    return () => {
      if (left) throw new Error(`mutex for ${key} left twice`);
      left = true;
      const waiting = queues.get(key);
      const [next] = waiting ?? [];
      if (next) next();
      else queues.delete(key);
    };
  };

  return {
    async enter(key, waitMs, signal) {
      if (signal.aborted) return { outcome: 'aborted' };
      const queue = queues.get(key);
      if (!queue) {
        queues.set(key, new Set());
        return { outcome: 'entered', leave: leaveOnce(key) };
      }
      if (waitMs <= 0) return { outcome: 'busy' };
      return new Promise((resolve) => {
        const end = (entry: MutexEntry) => {
          clearTimeout(timer);
          signal.removeEventListener('abort', abort);
          queue.delete(grant);
          resolve(entry);
        };
        const grant = () => end({ outcome: 'entered', leave: leaveOnce(key) });
        const abort = () => end({ outcome: 'aborted' });
        const timer = setTimeout(() => end({ outcome: 'busy' }), waitMs);
        signal.addEventListener('abort', abort, { once: true });
        queue.add(grant);
      });
    },
  };
}
