import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { mean } from '../statistics.ts';
import { type ContendOptions, type Contention, contend } from './contend.ts';
import type { BenchLock } from './contender.ts';
import { countViolations } from './holdings.ts';

const options: ContendOptions = { key: 'key', waiters: 4, heldMs: 5, pauseMs: 10, warmUpMs: 50, windowMs: 300 };
/** In virtual time. */
const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const clock = { now: () => performance.now(), sleep };
beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

async function run(lock: BenchLock, traffic = noTraffic(), given = options): Promise<Contention> {
  const contended = contend(lock, traffic, { ...given, clock });
  await vi.runAllTimersAsync();
  return contended;
}

const noTraffic = () => ({ commands: 0, messages: 0 });

/** First come, first served, in this process. */
function mutex(): BenchLock {
  let last: Promise<unknown> = Promise.resolve();
  return {
    async acquire() {
      const before = last;
      let release = () => {};
      last = new Promise<void>((resolve) => {
        release = resolve;
      });
      await before;
      return async () => release();
    },
    close: async () => {},
  };
}

test('a lock that keeps its promise is not accused; what it grants, how long and after what wait, is counted', async () => {
  const seen = await run(mutex());
  expect(countViolations(seen.holdings)).toBe(0);
  expect(seen.waitsMs.length).toBeGreaterThan(5);
  expect(seen.waitsMs).toHaveLength(seen.heldMs.length);
  expect(mean(seen.heldMs)).toBeGreaterThanOrEqual(4);
  expect(mean(seen.pausesMs)).toBeGreaterThanOrEqual(9);
  expect(mean(seen.waitsMs)).toBeGreaterThan(1); // three others hold 5 ms each, and 10 ms of that is one's own pause
  expect(seen.windowMs).toBeGreaterThanOrEqual(299);
  expect(seen.failures).toEqual([]);
});

test('a lock that lets everybody in is found out', async () => {
  const open: BenchLock = { acquire: async () => async () => {}, close: async () => {} };
  expect(countViolations((await run(open)).holdings)).toBeGreaterThan(5);
});

test('who is never let in is seen to have waited for all of the window', async () => {
  const opened = sleep(500).then(() => async () => {}); // after the window, so that the run comes to its end
  const closed: BenchLock = { acquire: () => opened, close: async () => {} };
  const { waitsMs, underWayMs } = await run(closed);
  expect(waitsMs).toEqual([]);
  expect(underWayMs).toHaveLength(4);
  expect(Math.min(...underWayMs)).toBeGreaterThan(options.windowMs);
});

test('a lock that fails is told of, and the run comes to its end', async () => {
  const broken: BenchLock = {
    acquire: () => Promise.reject(new Error('no quorum')),
    close: async () => {},
  };
  const { failures } = await run(broken, noTraffic(), { ...options, pauseMs: 0 });
  expect(failures[0]).toBe('Error: no quorum');
});

test('what was granted before the window does not count', async () => {
  const { waitsMs, holdings } = await run(mutex(), noTraffic(), { ...options, warmUpMs: 300, windowMs: 100 });
  expect(waitsMs.length).toBeLessThan(holdings.length / 2);
});

test('whoever holds is not among those who are still waiting', async () => {
  const { underWayMs } = await run(mutex());
  expect(underWayMs.length).toBeLessThan(options.waiters);
});

test('only the traffic of the window counts', async () => {
  const traffic = { commands: 100, messages: 10 };
  const lock = mutex();
  let acquires = 0;
  const counting: BenchLock = {
    async acquire(key) {
      traffic.commands += 1;
      acquires += 1;
      return lock.acquire(key);
    },
    close: lock.close,
  };
  const seen = await run(counting, traffic);
  expect(seen.traffic.messages).toBe(0);
  expect(seen.traffic.commands).toBeGreaterThan(0);
  expect(seen.traffic.commands).toBeLessThan(acquires);
});
