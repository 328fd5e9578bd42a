import { pause } from '../../pause.ts';
import { nodeRuntime } from '../../redis-lock/index.ts';

/** The pauses between tries, in milliseconds: growing, with random jitter so that waiters do not retry in lockstep. */
function* retryPausesMs(firstMs = 4, longestMs = 40): Generator<number, never> {
  for (let pause = firstMs; ; pause = Math.min(pause * 1.5, longestMs)) yield pause * (0.5 + Math.random());
}

/** The result of one try: `held` means try again. */
type Try<T> = T | 'held';

/**
 * Retries until `attempt` returns something other than `held`, the wait is over, or the signal aborts.
 *
 * @returns `held` if the last try, made at the end of the wait, still returned it.
 */
export async function tryUntil<T>(
  attempt: () => Promise<Try<T>>,
  waitMs: number,
  signal?: AbortSignal,
): Promise<Try<T> | 'aborted'> {
  const deadline = performance.now() + waitMs;
  let pauses: ReturnType<typeof retryPausesMs> | undefined; // created only if the first try does not succeed
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
