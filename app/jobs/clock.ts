import { setTimeout as sleep } from 'node:timers/promises';

/** What an instance takes the time to be, in milliseconds since 1970: it may be ahead of others, or behind. */
export type Clock = () => number;

/** Waits `ms`. @returns false when `signal` cut it short. */
export async function pause(ms: number, signal: AbortSignal): Promise<boolean> {
  try {
    await sleep(ms, undefined, { signal });
    return true;
  } catch {
    return false;
  }
}
