import { setTimeout as realSleep } from 'node:timers/promises';
import type { BenchLock } from './contender.ts';
import { type Holding, machineMs } from './holdings.ts';
import type { Traffic } from './traffic.ts';

export interface ContendOptions {
  readonly key: string;
  /** In this process. */
  readonly waiters: number;
  readonly heldMs: number;
  /** Between a release and the same waiter's next try; 0 for none at all. */
  readonly pauseMs: number;
  /** Before anything is counted. */
  readonly warmUpMs: number;
  readonly windowMs: number;
  /** Without it, the machine's. */
  readonly clock?: { now(): number; sleep(ms: number): Promise<unknown> };
}

/** What one process saw. What is counted, is counted in its window only, but for the last two. */
export interface Contention {
  /** How long the window really was. */
  readonly windowMs: number;
  /** Of each acquisition: from asking until it was granted. */
  readonly waitsMs: readonly number[];
  /** Of each acquisition: how long it was really held. */
  readonly heldMs: readonly number[];
  /** Of each pause, how long it really was. */
  readonly pausesMs: readonly number[];
  /** What those who were still waiting at the end had waited. */
  readonly underWayMs: readonly number[];
  readonly traffic: Traffic;
  /** All there were, for {@link countViolations}. */
  readonly holdings: readonly Holding[];
  /** Every acquire and release that threw. */
  readonly failures: readonly string[];
}

/** A lock that fails at once must not keep the process from doing anything else. */
const afterFailureMs = 10;

/** Has so many waiters of this process compete for one key, and lets every one of them come to an end. */
export async function contend(lock: BenchLock, traffic: Traffic, options: ContendOptions): Promise<Contention> {
  const { key, waiters, heldMs, pauseMs, warmUpMs, windowMs } = options;
  const { now, sleep } = options.clock ?? { now: machineMs, sleep: realSleep };
  const holdings: Holding[] = [];
  const failures: string[] = [];
  const askedAt = new Map<number, number>(); // of those who wait, by waiter
  const waitsMs: number[] = [];
  const holdsMs: number[] = [];
  const pausesMs: number[] = [];
  const during = { window: false, end: false };

  async function holdOnce(waiter: number): Promise<void> {
    const asked = now();
    askedAt.set(waiter, asked);
    const release = await lock.acquire(key).finally(() => askedAt.delete(waiter));
    const fromMs = now();
    if (heldMs > 0 && !during.end) await sleep(heldMs);
    const toMs = now();
    holdings.push({ fromMs, toMs });
    if (during.window) {
      waitsMs.push(fromMs - asked);
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

  const everyWaiter = Promise.all(Array.from({ length: waiters }, (_, waiter) => compete(waiter)));
  await sleep(warmUpMs);
  const start = { ...traffic, ms: now() };
  during.window = true;
  await sleep(windowMs);
  Object.assign(during, { window: false, end: true });
  const end = { ...traffic, ms: now() };
  const underWayMs = [...askedAt.values()].map((asked) => end.ms - asked);
  await everyWaiter;
  return {
    windowMs: end.ms - start.ms,
    waitsMs,
    heldMs: holdsMs,
    pausesMs,
    underWayMs,
    traffic: { commands: end.commands - start.commands, messages: end.messages - start.messages },
    holdings,
    failures,
  };
}
