import { setTimeout as realSleep } from 'node:timers/promises';
import type { BenchLock } from '../libraries/lock-library.ts';
import type { Traffic } from './connections.ts';

/** The machine's monotonic clock, which all processes share; `performance.now()` starts at zero in each. */
const machineMs = (): number => Number(process.hrtime.bigint()) / 1e6;

/** From just after a grant to just before its release, by {@link machineMs}. */
export interface HoldInterval {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * Counts the holds that began before an earlier one had ended, in any process: 0 for a correct lock. It runs after the
 * measurement, so it does not disturb it.
 */
export function countViolations(holds: readonly HoldInterval[]): number {
  let violations = 0;
  let heldUntilMs = Number.NEGATIVE_INFINITY;
  for (const { fromMs, toMs } of [...holds].sort((a, b) => a.fromMs - b.fromMs)) {
    if (fromMs < heldUntilMs) violations += 1;
    heldUntilMs = Math.max(heldUntilMs, toMs);
  }
  return violations;
}

export interface ContendOptions {
  readonly key: string;
  /** Number of waiters in this process. */
  readonly waiters: number;
  readonly heldMs: number;
  /** Between a release and the same waiter's next attempt. */
  readonly pauseMs: number;
  readonly warmUpMs: number;
  readonly windowMs: number;
  /** Default: the machine's. */
  readonly clock?: { now(): number; sleep(ms: number): Promise<unknown> };
}

/** Measurements of one process within its window; `holds` and `failures` cover the whole run. Durations are actual ones. */
export interface Contention {
  readonly windowMs: number;
  /** From request to grant, by acquisition. */
  readonly waitsMs: readonly number[];
  readonly heldMs: readonly number[];
  readonly pausesMs: readonly number[];
  /** Waits that had not ended when the window did. */
  readonly pendingMs: readonly number[];
  readonly traffic: Traffic;
  readonly holds: readonly HoldInterval[];
  /** Errors of acquire and release. */
  readonly failures: readonly string[];
}

/** Keeps a lock that fails at once from starving the event loop. */
const afterFailureMs = 10;

/** Runs waiters that compete for one key, and waits until each has finished. */
export async function contend(lock: BenchLock, traffic: Traffic, options: ContendOptions): Promise<Contention> {
  const { key, waiters, heldMs, pauseMs, warmUpMs, windowMs } = options;
  const { now, sleep } = options.clock ?? { now: machineMs, sleep: realSleep };
  const holds: HoldInterval[] = [];
  const failures: string[] = [];
  const requestedAt = new Map<number, number>(); // of pending attempts, by waiter
  const waitsMs: number[] = [];
  const holdsMs: number[] = [];
  const pausesMs: number[] = [];
  const during = { window: false, end: false };

  async function holdOnce(waiter: number): Promise<void> {
    const requested = now();
    requestedAt.set(waiter, requested);
    const release = await lock.acquire(key).finally(() => requestedAt.delete(waiter));
    const fromMs = now();
    if (heldMs > 0 && !during.end) await sleep(heldMs);
    const toMs = now();
    holds.push({ fromMs, toMs });
    if (during.window) {
      waitsMs.push(fromMs - requested);
      holdsMs.push(toMs - fromMs);
    }
    await release();
  }

  async function compete(waiter: number): Promise<void> {
    while (!during.end) {
      try {
        await holdOnce(waiter);
      } catch (error) {
        failures.push(String(error));
        await sleep(afterFailureMs);
      }
      const releasedAt = now();
      if (pauseMs > 0 && !during.end) await sleep(pauseMs);
      if (during.window) pausesMs.push(now() - releasedAt);
    }
  }

  const finished = Promise.all(Array.from({ length: waiters }, (_, waiter) => compete(waiter)));
  await sleep(warmUpMs);
  const start = { ...traffic, ms: now() };
  during.window = true;
  await sleep(windowMs);
  Object.assign(during, { window: false, end: true });
  const end = { ...traffic, ms: now() };
  const pendingMs = [...requestedAt.values()].map((requested) => end.ms - requested);
  await finished;
  return {
    windowMs: end.ms - start.ms,
    waitsMs,
    heldMs: holdsMs,
    pausesMs,
    pendingMs,
    traffic: { commands: end.commands - start.commands, messages: end.messages - start.messages },
    holds,
    failures,
  };
}
