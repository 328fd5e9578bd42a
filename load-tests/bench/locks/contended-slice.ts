import { setTimeout as sleep } from 'node:timers/promises';
import { largest, mean, percentile, sum } from '../statistics.ts';
import { boundPerSecond, roundRobinWaitMs } from './closed-queue.ts';
import type { Contention } from './contend.ts';
import { countViolations } from './holdings.ts';
import type { Bench, Column, Figures } from './row.ts';
import type { ServerLoad, ServerObserver } from './server-load.ts';
import { judgedWaits } from './waits.ts';
import type { OpenOptions } from './worker-api.ts';
import type { Worker } from './worker-process.ts';

/** How many compete, and how long each holds. */
export interface Crowd {
  readonly processes: number;
  /** In each process. */
  readonly waiters: number;
  readonly heldMs: number;
  readonly pauseMs: number;
}

export interface Slice {
  readonly bench: Bench;
  readonly workers: readonly Worker[];
  readonly observer: ServerObserver;
  readonly lock: OpenOptions;
  readonly crowd: Crowd;
}

export const contendedColumns: readonly Column[] = [
  { key: 'perSecond', head: 'acquired per s', digits: 0, rounds: 'median' },
  { key: 'p50Ms', head: 'wait p50 ms', digits: 2, rounds: 'median' },
  { key: 'p99Ms', head: 'wait p99 ms', digits: 1, rounds: 'median' },
  { key: 'maxMs', head: 'wait max ms', digits: 0, rounds: 'max' },
  { key: 'fairness', head: 'least / most by process', digits: 2, rounds: 'median' },
  { key: 'heldMs', head: 'really held ms', digits: 2, rounds: 'median' },
  { key: 'ofBound', head: 'of bound', digits: 2, rounds: 'median' },
  { key: 'ofRoundRobin', head: 'p99 / round robin', digits: 2, rounds: 'median' },
  { key: 'redisUs', head: 'Redis µs each', digits: 0, rounds: 'median' },
  { key: 'commands', head: 'round trips each', digits: 2, rounds: 'median' },
  { key: 'messages', head: 'pub/sub each', digits: 2, rounds: 'median' },
  { key: 'violations', head: 'two at once', digits: 0, rounds: 'sum' },
  { key: 'failures', head: 'failed', digits: 0, rounds: 'sum' },
];

/** For connections to be warm and the queue to be as long as it gets. */
const warmUpMs = 400;

/** Has the crowd compete for one new key, and adds up what its processes saw. */
export async function contendedSlice({ bench, workers, observer, lock, crowd }: Slice): Promise<Figures> {
  const { waiters, heldMs, pauseMs } = crowd;
  const windowMs = bench.seconds * 1000;
  await Promise.all(workers.map((worker) => worker.call('open', lock)));
  const key = bench.newKey();
  const contended = Promise.all(
    workers.map((worker) => worker.call('contend', { key, waiters, heldMs, pauseMs, warmUpMs, windowMs })),
  );
  contended.catch(() => {}); // it is thrown below, and may come before
  await sleep(warmUpMs);
  const before = await observer.read();
  await sleep(windowMs);
  const after = await observer.read();
  const seen = await contended;
  await Promise.all(workers.map((worker) => worker.call('close')));
  const failures = seen.flatMap((one) => one.failures);
  if (failures[0]) bench.say(`  ${lock.contender} failed ${failures.length} times, first with: ${failures[0]}`);
  return addUp(seen, crowd, { before, after });
}

function addUp(
  seen: readonly Contention[],
  crowd: Crowd,
  { before, after }: { before: ServerLoad; after: ServerLoad },
): Figures {
  const acquisitions = sum(seen.map(({ waitsMs }) => waitsMs.length));
  const perSecondEach = seen.map(({ waitsMs, windowMs }) => (waitsMs.length * 1000) / windowMs);
  const perSecond = sum(perSecondEach);
  const waitsMs = judgedWaits(
    seen.flatMap((one) => one.waitsMs),
    seen.flatMap((one) => one.underWayMs),
  );
  const queue = {
    waiters: crowd.processes * crowd.waiters,
    heldMs: mean(seen.flatMap((one) => one.heldMs)),
    pauseMs: mean(seen.flatMap((one) => one.pausesMs)),
  };
  const timed = crowd.heldMs > 0; // with nothing held there is no bound but the speed of Redis
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
    violations: countViolations(seen.flatMap((one) => one.holdings)),
    failures: sum(seen.map((one) => one.failures.length)),
  };
}
