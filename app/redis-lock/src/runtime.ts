import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';

/** A timer that has been set. */
export type Timer = object;

/** Everything but Redis that the lock takes from outside: clocks, timers, chance. Times are in milliseconds. */
export interface Runtime {
  /** A monotonic clock, with fractions. */
  now(): number;
  /** The wall clock since the Unix epoch, with fractions. It may jump. */
  wallClock(): number;
  /** Calls `callback` once, after `delayMs` at the earliest. */
  setTimer(callback: () => void, delayMs: number): Timer;
  /** The same, but the timer does not keep the process alive. */
  setBackgroundTimer(callback: () => void, delayMs: number): Timer;
  /** Does nothing for a timer that has fired, and for undefined. */
  clearTimer(timer: Timer | undefined): void;
  /** @returns a number from 0 to below 1. */
  random(): number;
  /** @returns a name that no other process has, of letters, digits, `-` and `_`. */
  newId(): string;
  /** Reports a mistake of the caller's that is nothing to stop for. */
  warn(message: string, cause: unknown): void;
}

/** The real one. */
export const nodeRuntime: Runtime = {
  now: () => performance.now(),
  wallClock: () => Date.now() + (performance.now() % 1), // follows the system's clock, with fractions
  setTimer: (callback, delayMs) => setTimeout(callback, delayMs),
  setBackgroundTimer: (callback, delayMs) => setTimeout(callback, delayMs).unref(),
  clearTimer: (timer) => clearTimeout(timer as NodeJS.Timeout | undefined),
  random: () => Math.random(),
  newId: () => randomBytes(12).toString('base64url'),
  warn: (message, cause) => process.emitWarning(message, { detail: inspect(cause) }),
};
