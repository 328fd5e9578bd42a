import { setTimeout as sleep } from 'node:timers/promises';

/** Waits `ms`. @returns false when `signal` cut it short. */
export async function pause(ms: number, signal?: AbortSignal): Promise<boolean> {
  try {
    await sleep(ms, undefined, signal ? { signal } : {});
    return true;
  } catch {
    return false;
  }
}
