import type { Runtime } from './redis-lock/index.ts';

/** Waits `ms` by the runtime's timers. @returns false if `signal` aborted the wait. */
export function pause(runtime: Runtime, ms: number, signal?: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve(false);
    const onAbort = () => {
      runtime.clearTimer(timer);
      resolve(false);
    };
    const timer = runtime.setTimer(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve(true);
    }, ms);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
