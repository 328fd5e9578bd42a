import { describe, expect } from 'vitest';
import { leaseOf } from '../simulation/rig.ts';
import type { DistributedLock } from '../src/types.ts';
import { test } from './rig-test.ts';

/** 1 when all are served equally often, 1/n when one gets everything (Jain, Chiu, Hawe, DEC-TR-301, 1984). */
function jainIndex(counts: readonly number[]): number {
  const sum = counts.reduce((total, count) => total + count, 0);
  return sum ** 2 / (counts.length * counts.reduce((total, count) => total + count ** 2, 0));
}

test('serves 32 waiters in four processes about equally often', async ({ rig }) => {
  const locks = await rig.joinAll(4, { ttlMs: 30_000 });
  const waiters = locks.flatMap((lock) => Array.from({ length: 8 }, () => lock));
  const rounds = 30;
  const counts = waiters.map(() => 0);
  const tokens: bigint[] = [];
  const inside: number[] = [];
  let holders = 0;
  let mostOvertaken = 0;
  let over = false;
  const working = waiters.map(async (lock, waiter) => {
    while (!over) {
      const grantsAtCall = tokens.length;
      const lease = leaseOf(await lock.acquire('k', { waitMs: 20_000 }));
      inside.push(++holders);
      mostOvertaken = Math.max(mostOvertaken, tokens.length - grantsAtCall);
      counts[waiter] = (counts[waiter] ?? 0) + 1;
      tokens.push(lease.token);
      over ||= tokens.length >= rounds * waiters.length;
      await rig.sleep(1);
      holders -= 1;
      await lease.release();
    }
  });
  await rig.until(Promise.all(working));
  expect(Math.max(...inside)).toBe(1);
  expect(Math.min(...counts)).toBeGreaterThanOrEqual(rounds - 1);
  expect(jainIndex(counts)).toBeGreaterThan(0.99);
  expect(mostOvertaken).toBeLessThanOrEqual(waiters.length + 8);
  expect(tokens.findIndex((token, index) => index > 0 && token <= (tokens[index - 1] ?? 0n))).toBe(-1);
});

test('serves another process after at most one local round of eight', async ({ rig }) => {
  const [crowd, lone] = await rig.joinAll(2, { ttlMs: 30_000 });
  let grants = 0;
  let over = false;
  const others = Array.from({ length: 8 }, async () => {
    while (!over) {
      const lease = leaseOf(await crowd.acquire('k', { waitMs: 20_000 }));
      grants += 1;
      await rig.sleep(1);
      await lease.release();
    }
  });
  const overtaken: number[] = [];
  for (let turn = 0; turn < 10; turn++) {
    await rig.pass(10);
    const before = grants;
    const lease = await rig.hold(lone, 'k', { waitMs: 20_000 });
    overtaken.push(grants - before);
    await rig.until(lease.release());
  }
  over = true;
  await rig.until(Promise.all(others));
  expect(Math.max(...overtaken)).toBeLessThanOrEqual(8 + 1);
});

test.for([
  { heldMs: 900, isHandedOver: true },
  { heldMs: 1100, isHandedOver: false },
])('hands a lock of 10 s over after $heldMs ms: $isHandedOver', async ({ heldMs, isHandedOver }, { rig }) => {
  const [lock] = await rig.joinAll(1, { ttlMs: 10_000 });
  const first = lock.acquire('k', { waitMs: 20_000 });
  const second = lock.acquire('k', { waitMs: 20_000 });
  const lease = leaseOf(await rig.until(first));
  await rig.pass(heldMs);
  void lease.release();
  const next = leaseOf(await rig.until(second));
  const worthMs = 10_000 * 0.99 - 2 - 1;
  expect(next.validForMs()).toBe(isHandedOver ? worthMs - heldMs : worthMs);
  expect(next.token === lease.token + 1n).toBe(isHandedOver);
});

describe('on three nodes', () => {
  test.override('rigOptions', { servers: 3 });

  test.for([-20_000, 20_000])('serves in turn with a wall clock %i ms off', async (wallClockOffsetMs, { rig }) => {
    const [skewed, other] = [await rig.join({ wallClockOffsetMs }), await rig.join()];
    const grants = { skewed: 0, other: 0 };
    let over = false;
    const work = async (name: keyof typeof grants, lock: DistributedLock): Promise<void> => {
      while (!over) {
        const lease = leaseOf(await lock.acquire('k', { waitMs: 60_000 }));
        grants[name] += 1;
        await rig.sleep(5);
        await lease.release();
      }
    };
    const working = [1, 2].flatMap(() => [work('skewed', skewed.lock), work('other', other.lock)]);
    await rig.pass(1000);
    over = true;
    await rig.until(Promise.all(working));
    expect(Math.abs(grants.skewed - grants.other)).toBeLessThanOrEqual(4); // two rounds of a process
  });

  test.for([
    { who: 'first', wrongByMs: 0, setByMs: -3_600_000 },
    { who: 'second', wrongByMs: 0, setByMs: 3_600_000 },
    { who: 'first', wrongByMs: 20_000, setByMs: -20_000 },
    { who: 'second', wrongByMs: -20_000, setByMs: 20_000 },
  ])('keeps the order when the clock of the $who, $wrongByMs ms off, is set by $setByMs ms', async (set, { rig }) => {
    const [holder] = await rig.joinAll(1);
    const held = await rig.hold(holder, 'k');
    const served: string[] = [];
    const waiting: Promise<void>[] = [];
    for (const who of ['first', 'second']) {
      const { process, lock } = await rig.join({ wallClockOffsetMs: who === set.who ? set.wrongByMs : 0 });
      const wait = async (): Promise<void> => {
        const lease = leaseOf(await lock.acquire('k', { waitMs: 60_000 }));
        served.push(who);
        await lease.release();
      };
      waiting.push(wait());
      await rig.pass(100);
      if (who === set.who) process.jump(set.setByMs);
    }
    rig.call('DEL', '{k}:queue'); // both queue again at their next look
    await rig.pass(2000);
    await rig.until(held.release());
    await rig.until(Promise.all(waiting));
    expect(served).toEqual(['first', 'second']);
  });

  test('keeps the order of long waits when a wall clock is off and the queues are lost', async ({ rig }) => {
    const minuteMs = 60_000;
    const holder = await rig.join({ autoExtend: true, maxHoldMs: 60 * minuteMs });
    const held = await rig.hold(holder.lock, 'k');
    const [first, second] = [await rig.join({ wallClockOffsetMs: 20_000 }), await rig.join()];
    const served: string[] = [];
    const wait = async (who: string, lock: DistributedLock): Promise<void> => {
      const lease = leaseOf(await lock.acquire('k', { waitMs: 60 * minuteMs }));
      served.push(who);
      await lease.release();
    };
    const waiting = [wait('first', first.lock)];
    await rig.pass(4 * minuteMs);
    waiting.push(wait('second', second.lock));
    await rig.pass(12 * minuteMs);
    rig.call('DEL', '{k}:queue');
    await rig.pass(2000);
    await rig.until(held.release());
    await rig.until(Promise.all(waiting));
    expect(served).toEqual(['first', 'second']);
  });
});
