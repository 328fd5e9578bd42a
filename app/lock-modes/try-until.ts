import { pause } from '../pause.ts';
import { nodeRuntime } from '../redis-lock/index.ts';

/** The pauses between two tries, in milliseconds: growing, and random so that those who wait do not ask in step. */
function* retryPausesMs(firstMs = 4, longestMs = 40): Generator<number, never> {
  for (let pause = firstMs; ; pause = Math.min(pause * 1.5, longestMs)) yield pause * (0.5 + Math.random());
}

/** What one try came to: a result that ends the waiting, or `held` to try again. */
type Try<T> = T | 'held';

/**
 * Tries until something other than `held` comes, the wait is over or the caller has gone.
 *
 * @returns `held` when the last try, made at the end of the wait, still found it so.
 */
export async function tryUntil<T>(
  attempt: () => Promise<Try<T>>,
  waitMs: number,
  signal?: AbortSignal,
): Promise<Try<T> | 'aborted'> {
  const deadline = performance.now() + waitMs;
  let pauses: ReturnType<typeof retryPausesMs> | undefined; // most of the time, the first try is the last
  for (;;) {
    if (signal?.aborted) return 'aborted';
    const result = await attempt();
    if (result !== 'held') return result;
    const leftMs = deadline - performance.now();
    if (leftMs <= 0) return 'held';
    pauses ??= retryPausesMs();
    if (!(await pause(nodeRuntime, Math.min(pauses.next().value, leftMs), signal))) return 'aborted';
  }
}
