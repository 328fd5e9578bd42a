import { setTimeout as sleep } from 'node:timers/promises';

export interface UntilOptions {
  readonly withinMs: number;
  /** Between two looks. Default 20. */
  readonly everyMs?: number;
  /** Makes what is thrown of what it would say. */
  readonly error?: (message: string) => Error;
}

/** For what comes in a moment, also on a busy machine: only a hang takes that long. */
export const soon = { withinMs: 100_000 };

/**
 * Looks again and again until there is something to be seen. The time is over between two looks only: each has to end by
 * itself, and what comes during the last pause is seen. It looks twice at least.
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
  for (let isLast = false; ; isLast = performance.now() > deadline) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen as Exclude<T, undefined | false>;
    if (isLast) throw error(`not within ${withinMs} ms: ${what}`);
    await sleep(everyMs);
  }
}
