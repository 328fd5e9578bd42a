import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';

/** A handle of a timer. */
export type Timer = object;

/** The lock's port to clocks, timers and randomness. Times are in milliseconds. */
export interface Runtime {
  /** The monotonic clock, with fractions. */
  now(): number;
  /** The wall clock since the Unix epoch, with fractions. It may jump. */
  wallClock(): number;
  /** Calls `callback` once, after `delayMs` at the earliest. */
  setTimer(callback: () => void, delayMs: number): Timer;
  /** Like {@link setTimer}, but the timer does not keep the process alive. */
  setBackgroundTimer(callback: () => void, delayMs: number): Timer;
  /** Calls `callback` once, after the messages that have arrived by now are read. */
  setImmediate(callback: () => void): void;
  /** Ignores undefined and timers that have fired. */
  clearTimer(timer: Timer | undefined): void;
  /** @returns a number from 0 to below 1. */
  random(): number;
  /** @returns a globally unique id of letters, digits, `-` and `_`. */
  newId(): string;
  /** Reports a mistake of the caller that does not stop the lock. */
  warn(message: string, cause: unknown): void;
}

/** The wall clock less the monotonic one, in milliseconds. */
let offsetMs = 0;

/**
 * @returns the system's wall clock, with fractions. It hardly ever goes back within a millisecond: tokens that are not greater
 *   than the last ones cost the script another write.
 */
function wallClock(): number {
  const now = performance.now();
  const milliseconds = Date.now();
  const time = now + offsetMs;
  if (time >= milliseconds && time < milliseconds + 1) return time;
  offsetMs = milliseconds - now; // the system's clock was set, or drifts
  return milliseconds;
}

/** @returns a text for a log: never throws, or the call whose listener threw the cause would not settle. */
function shown(cause: unknown): string {
  try {
    return inspect(cause); // runs code of the cause: getters, and a method of its own
  } catch {
    return 'its cause cannot be shown';
  }
}

/** Node's clocks, timers and randomness. */
export const nodeRuntime: Runtime = {
  now: () => performance.now(),
  wallClock,
  setTimer: (callback, delayMs) => setTimeout(callback, delayMs),
  setBackgroundTimer: (callback, delayMs) => setTimeout(callback, delayMs).unref(),
  setImmediate: (callback) => void setImmediate(callback),
  clearTimer: (timer) => clearTimeout(timer as NodeJS.Timeout | undefined),
  random: () => Math.random(),
  newId: () => randomBytes(12).toString('base64url'),
  warn: (message, cause) => process.emitWarning(message, { detail: shown(cause) }),
};
