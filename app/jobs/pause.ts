import type { Runtime } from '../redis-lock/index.ts';

/** Waits `ms` by the runtime's timers, or until `signal` aborts. */
export function pause(runtime: Runtime, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const onAbort = () => {
      runtime.clearTimer(timer);
      resolve();
    };
    const timer = runtime.setTimer(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
