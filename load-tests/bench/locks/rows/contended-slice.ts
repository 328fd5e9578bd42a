import { setTimeout as sleep } from 'node:timers/promises';
import { largest, mean, median, percentile, sum } from '../../statistics.ts';
import type { ServerLoad, ServerObserver } from '../servers.ts';
import { type Contention, countViolations } from '../worker/contend.ts';
import type { OpenOptions, Worker } from '../worker/worker-process.ts';
import type { Bench, Column, Figures } from './row.ts';

export interface Workload {
  readonly processes: number;
  /** Per process. */
  readonly waiters: number;
  readonly heldMs: number;
  readonly pauseMs: number;
}

export interface Slice {
  readonly bench: Bench;
  readonly workers: readonly Worker[];
  readonly observer: ServerObserver;
  readonly lock: OpenOptions;
  readonly workload: Workload;
}

export const contendedColumns: readonly Column[] = [
  { key: 'perSecond', head: 'acquired per s', digits: 0, rounds: 'median' },
  { key: 'p50Ms', head: 'wait p50 ms', digits: 2, rounds: 'median' },
  { key: 'p99Ms', head: 'wait p99 ms', digits: 1, rounds: 'median' },
  { key: 'maxMs', head: 'wait max ms', digits: 0, rounds: 'max' },
  { key: 'fairness', head: 'least / most by process', digits: 2, rounds: 'median' },
  { key: 'heldMs', head: 'actual hold ms', digits: 2, rounds: 'median' },
  { key: 'ofBound', head: 'of bound', digits: 2, rounds: 'median' },
  { key: 'ofRoundRobin', head: 'p99 / round robin', digits: 2, rounds: 'median' },
  { key: 'redisUs', head: 'Redis µs each', digits: 0, rounds: 'median' },
  { key: 'commands', head: 'round trips each', digits: 2, rounds: 'median' },
  { key: 'messages', head: 'pub/sub each', digits: 2, rounds: 'median' },
  { key: 'violations', head: 'violations', digits: 0, rounds: 'sum' },
  { key: 'failures', head: 'failed', digits: 0, rounds: 'sum' },
];

/** Enough for warm connections and the full queue. */
const warmUpMs = 400;

/** Runs the workload on a fresh key, and aggregates what its processes measured. */
export async function contendedSlice({ bench, workers, observer, lock, workload }: Slice): Promise<Figures> {
  const { waiters, heldMs, pauseMs } = workload;
  const windowMs = bench.seconds * 1000;
  await Promise.all(workers.map((worker) => worker.call('open', lock)));
  const key = bench.newKey();
  const contended = Promise.all(
    workers.map((worker) => worker.call('contend', { key, waiters, heldMs, pauseMs, warmUpMs, windowMs })),
  );
  contended.catch(() => {}); // awaited below; it may reject earlier
  await sleep(warmUpMs);
  const before = await observer.read();
  await sleep(windowMs);
  const after = await observer.read();
  const seen = await contended;
  await Promise.all(workers.map((worker) => worker.call('close')));
  const failures = seen.flatMap((one) => one.failures);
  if (failures[0]) bench.log(`  ${lock.library} failed ${failures.length} times, first with: ${failures[0]}`);
  return aggregate(seen, workload, { before, after });
}

function aggregate(
  seen: readonly Contention[],
  workload: Workload,
  { before, after }: { before: ServerLoad; after: ServerLoad },
): Figures {
  const acquisitions = sum(seen.map(({ waitsMs }) => waitsMs.length));
  const perSecondEach = seen.map(({ waitsMs, windowMs }) => (waitsMs.length * 1000) / windowMs);
  const perSecond = sum(perSecondEach);
  const waitsMs = representativeWaits(
    seen.flatMap((one) => one.waitsMs),
    seen.flatMap((one) => one.pendingMs),
  );
  const queue = {
    waiters: workload.processes * workload.waiters,
    heldMs: mean(seen.flatMap((one) => one.heldMs)),
    pauseMs: mean(seen.flatMap((one) => one.pausesMs)),
  };
  const timed = workload.heldMs > 0; // otherwise only the speed of Redis is a bound
  const p99Ms = percentile(waitsMs, 99);
  const redisUsPerMs = (after.cpuUs - before.cpuUs) / (after.atMs - before.atMs);
  return {
    perSecond,
    p50Ms: percentile(waitsMs, 50),
    p99Ms,
    maxMs: largest(waitsMs),
    fairness: Math.min(...perSecondEach) / Math.max(...perSecondEach),
    heldMs: queue.heldMs,
    ofBound: timed ? perSecond / boundPerSecond(queue) : Number.NaN,
    ofRoundRobin: timed ? p99Ms / roundRobinWaitMs(queue) : Number.NaN,
    redisUs: (redisUsPerMs * 1000) / perSecond,
    commands: sum(seen.map(({ traffic }) => traffic.commands)) / acquisitions,
    messages: sum(seen.map(({ traffic }) => traffic.messages)) / acquisitions,
    violations: countViolations(seen.flatMap((one) => one.holds)),
    failures: sum(seen.map((one) => one.failures.length)),
  };
}

/**
 * The waits of the window, plus those still pending at its end if they exceed the median of the others. Without pending
 * waits, a starved waiter would not show; with all of them, every lock would look faster than it is, since most have just
 * begun.
 */
export function representativeWaits(endedMs: readonly number[], pendingMs: readonly number[]): number[] {
  const middle = endedMs.length > 0 ? median(endedMs) : 0;
  return [...endedMs, ...pendingMs.filter((ms) => ms > middle)];
}

/** A closed queueing system, as measured: timers overshoot. */
export interface ClosedQueue {
  readonly waiters: number;
  /** Mean time from grant to release. */
  readonly heldMs: number;
  /** Mean time from release to the same waiter's next request. */
  readonly pauseMs: number;
}

/** Throughput of a lock that loses no time between holders. With few waiters and long pauses, the waiters are the bound. */
export function boundPerSecond({ waiters, heldMs, pauseMs }: ClosedQueue): number {
  return Math.min(1000 / heldMs, (1000 * waiters) / (heldMs + pauseMs));
}

/** Wait of each waiter under a perfect round robin: a full round less its own hold and pause. */
export function roundRobinWaitMs({ waiters, heldMs, pauseMs }: ClosedQueue): number {
  return Math.max(0, waiters * heldMs - heldMs - pauseMs);
}
