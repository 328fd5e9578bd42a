import { setTimeout as sleep } from 'node:timers/promises';

export interface UntilOptions {
  readonly withinMs: number;
  /** Between two looks. Default 20. */
  readonly everyMs?: number;
  /** Makes what is thrown of what it would say. */
  readonly error?: (message: string) => Error;
}

/**
 * Looks again and again until there is something to be seen. The time is over between two looks only: each has to end by
 * itself, and what comes during the last pause is seen.
 *
 * @param what is to come about: the error names it.
 * @returns what was seen, which is neither undefined nor false.
 * @throws when nothing was in time; what a look throws, at once.
 */
export async function until<T>(
  what: string,
  look: () => T | Promise<T>,
  { withinMs, everyMs = 20, error = (message) => new Error(message) }: UntilOptions,
): Promise<Exclude<T, undefined | false>> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen as Exclude<T, undefined | false>;
    if (performance.now() > deadline) throw error(`not within ${withinMs} ms: ${what}`);
    await sleep(everyMs);
  }
}
