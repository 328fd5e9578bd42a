import { expect, test } from 'vitest';
import { VirtualTime } from '../../../../app/redis-lock/simulation/world/virtual-time.ts';
import { withResolvers } from '../../../../app/testing/with-resolvers.ts';
import { mean } from '../../statistics.ts';
import type { BenchLock } from '../libraries/lock-library.ts';
import { type ContendOptions, type Contention, contend, countViolations } from './contend.ts';

const options: ContendOptions = { key: 'key', waiters: 4, heldMs: 5, pauseMs: 10, warmUpMs: 50, windowMs: 300 };
// Not the timers of the process, which other files' connections use as well.
const time = new VirtualTime();
const sleep = (ms: number) => new Promise<void>((resolve) => time.after(ms, resolve));
const clock = { now: () => time.now, sleep };

async function run(lock: BenchLock, traffic = noTraffic(), runOptions = options): Promise<Contention> {
  const contended = contend(lock, traffic, { ...runOptions, clock });
  await time.pass(10_000, () => false);
  return contended;
}

const noTraffic = () => ({ commands: 0, messages: 0 });

/** A fair lock in this process. */
function mutex(): BenchLock {
  let last: Promise<unknown> = Promise.resolve();
  return {
    async acquire() {
      const before = last;
      const { promise, resolve: release } = withResolvers();
      last = promise;
      await before;
      return async () => release();
    },
    close: async () => {},
  };
}

test('measures waits, holds and pauses of a correct lock, without violations', async () => {
  const seen = await run(mutex());
  expect(countViolations(seen.holds)).toBe(0);
  expect(seen.waitsMs.length).toBeGreaterThan(5);
  expect(seen.waitsMs).toHaveLength(seen.heldMs.length);
  expect(mean(seen.heldMs)).toBeGreaterThanOrEqual(4);
  expect(mean(seen.pausesMs)).toBeGreaterThanOrEqual(9);
  expect(mean(seen.waitsMs)).toBeGreaterThan(1); // three others hold 5 ms each; 10 ms of that is the waiter's own pause
  expect(seen.windowMs).toBeGreaterThanOrEqual(299);
  expect(seen.failures).toEqual([]);
});

test('detects a lock that grants every request', async () => {
  const open: BenchLock = { acquire: async () => async () => {}, close: async () => {} };
  expect(countViolations((await run(open)).holds)).toBeGreaterThan(5);
});

test('reports the pending waits of waiters that are never admitted', async () => {
  // Each wait outlasts the window, whenever it begins, and ends, so that the run ends.
  const acquire = () => sleep(3 * options.windowMs).then(() => async () => {});
  const closed: BenchLock = { acquire, close: async () => {} };
  const { waitsMs, pendingMs } = await run(closed);
  expect(waitsMs).toEqual([]);
  expect(pendingMs).toHaveLength(4);
  expect(Math.min(...pendingMs)).toBeGreaterThan(options.windowMs);
});

test('reports failures and still ends', async () => {
  const broken: BenchLock = {
    acquire: () => Promise.reject(new Error('no quorum')),
    close: async () => {},
  };
  const { failures } = await run(broken, noTraffic(), { ...options, pauseMs: 0 });
  expect(failures[0]).toBe('Error: no quorum');
});

test('ignores grants before the window', async () => {
  const { waitsMs, holds } = await run(mutex(), noTraffic(), { ...options, warmUpMs: 300, windowMs: 100 });
  expect(waitsMs.length).toBeLessThan(holds.length / 2);
});

test('does not count the holder as pending', async () => {
  const { pendingMs } = await run(mutex());
  expect(pendingMs.length).toBeLessThan(options.waiters);
});

test('counts only the traffic within the window', async () => {
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

const hold = (fromMs: number, toMs: number) => ({ fromMs, toMs });

test('finds no violation in consecutive holds, in any order', () => {
  expect(countViolations([hold(20, 30), hold(0, 10), hold(10, 20)])).toBe(0);
});

test('counts each hold that begins during another', () => {
  expect(countViolations([hold(0, 10), hold(9, 12)])).toBe(1);
  expect(countViolations([hold(0, 10), hold(1, 2), hold(5, 6)])).toBe(2);
});

test('remembers a long hold after a short one within it', () => {
  expect(countViolations([hold(0, 100), hold(1, 2), hold(50, 60)])).toBe(2);
});
