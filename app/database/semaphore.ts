/** How long to wait, in milliseconds (0: one try), and what ends the wait sooner. */
export interface WaitOptions {
  readonly waitMs: number;
  readonly signal: AbortSignal;
}

/** How a wait for a permit ended. A caller that acquired one releases it, once. */
type PermitResult = { outcome: 'acquired'; release: () => void } | { outcome: 'busy' } | { outcome: 'aborted' };

export interface Semaphore {
  /** Waits for a permit, first come first served. */
  acquire(options: WaitOptions): Promise<PermitResult>;
}

/** A semaphore with `count` permits. */
export function createSemaphore(count: number): Semaphore {
  let free = count;
  const waiting = new Set<() => void>();

  function release(): void {
    const [next] = waiting;
    if (next) next();
    else free += 1;
  }

  return {
    async acquire({ waitMs, signal }) {
      if (signal.aborted) return { outcome: 'aborted' };
      if (free > 0) {
        free -= 1;
        return { outcome: 'acquired', release };
      }
      if (waitMs <= 0) return { outcome: 'busy' };
      return new Promise((resolve) => {
        const end = (permit: PermitResult) => {
          clearTimeout(timer);
          signal.removeEventListener('abort', abort);
          waiting.delete(grant);
          resolve(permit);
        };
        const grant = () => end({ outcome: 'acquired', release });
        const abort = () => end({ outcome: 'aborted' });
        const timer = setTimeout(() => end({ outcome: 'busy' }), waitMs);
        signal.addEventListener('abort', abort, { once: true });
        waiting.add(grant);
      });
    },
  };
}
