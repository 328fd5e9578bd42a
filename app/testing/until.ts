import { setTimeout as sleep } from 'node:timers/promises';

export interface UntilOptions {
  readonly withinMs: number;
  /** Time between two polls, in milliseconds. Default 20. */
  readonly everyMs?: number;
  /** Creates the error to throw. */
  readonly error?: (message: string) => Error;
}

/** A time limit that only a hang reaches, even on a busy machine. */
export const soon = { withinMs: 100_000 };

/** The same for a whole command with servers of its own. */
export const inMinutes = { withinMs: 500_000 };

/**
 * Polls until `look` returns something. The deadline is checked between two polls only, so each has to end by itself; a
 * condition that becomes true during the last pause is still seen. Polls at least twice.
 *
 * @param what the condition, for the error message.
 * @returns what `look` returned, neither undefined nor false.
 * @throws after `withinMs`; what `look` throws, at once.
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
