import { describe, expect } from 'vitest';
import { kinds, leaseOf, type Rig } from '../simulation/rig.ts';
import type { Lease } from '../src/types.ts';
import { test } from './rig-test.ts';

/** On every server the key becomes a rival's, which knows nothing of this lock. */
function steal(rig: Rig, key: string): void {
  rig.call('SET', key, 'rival', 'PX', '60000');
}
function remove(rig: Rig, key: string): void {
  rig.call('DEL', key);
}

const fates = [
  { fate: 'was stolen', befall: steal, left: 'rival' },
  { fate: 'was deleted', befall: remove, left: undefined },
];

describe.each(kinds)('a lock on $kind', ({ servers }) => {
  test.override('rigOptions', { servers });

  describe.each(fates)('that $fate', ({ befall, left }) => {
    test('cannot be extended, and stays unchanged', async ({ rig, lock }) => {
      const lease = await rig.hold(lock, 'k');
      befall(rig, 'k');
      expect(await rig.timed(lease.extend())).toEqual({ value: 'lost', tookMs: 1 });
      expect(lease.signal.aborted).toBe(true);
      expect(lease.validForMs()).toBe(0);
      expect(await rig.until(lease.extend())).toBe('lost');
      await rig.pass(100);
      expect(rig.holders('k')).toEqual(Array(servers).fill(left));
      expect(await rig.until(lease.release())).toBe('expired');
      await rig.pass(100);
      expect(rig.holders('k')).toEqual(Array(servers).fill(left));
    });

    test('is not released; asks each server once', async ({ rig, lock }) => {
      const lease = await rig.hold(lock, 'k');
      befall(rig, 'k');
      rig.ran.length = 0;
      expect(await rig.timed(lease.release())).toEqual({ value: 'expired', tookMs: 1 });
      expect(await rig.until(lease.release())).toBe('expired');
      await rig.pass(1000);
      expect(rig.ran.map(({ verb }) => verb)).toEqual(Array(servers).fill('release'));
      expect(rig.holders('k')).toEqual(Array(servers).fill(left));
    });
  });

  test('expires by its own clock if stolen and not extended', async ({ rig }) => {
    const [lock] = await rig.joinAll(1, { ttlMs: 250 });
    const lease = await rig.hold(lock, 'k');
    steal(rig, 'k');
    expect(await rig.untilAborted(lease.signal)).toBe(Math.ceil(250 * 0.99 - 2 - 1));
  });

  test('notices a theft at its next renewal', async ({ rig }) => {
    const [lock] = await rig.joinAll(1, { ttlMs: 1200, autoExtend: true });
    const lease = await rig.hold(lock, 'k');
    steal(rig, 'k');
    expect(await rig.untilAborted(lease.signal)).toBe(1200 / 3 + 1);
    expect(rig.holders('k')).toEqual(Array(servers).fill('rival'));
  });

  test('is lost after its validity even without a rival', async ({ rig }) => {
    const [lock] = await rig.joinAll(1, { ttlMs: 100 });
    const lease = await rig.hold(lock, 'k');
    await rig.pass(150);
    expect(lease.signal.aborted).toBe(true);
    expect(await rig.until(lease.extend(5000))).toBe('lost');
    expect(rig.keys()).toEqual([]);
    expect(await rig.until(lease.release())).toBe('expired');
  });

  test('never returns to a late holder after a rival took over', async ({ rig }) => {
    const [first, second, third] = [await rig.join({ ttlMs: 100 }), await rig.join(), await rig.join()];
    const late = await rig.hold(first.lock, 'k');
    first.process.pause();
    const taker = await rig.hold(second.lock, 'k', { waitMs: 2000 });
    expect(taker.token).toBeGreaterThan(late.token);
    first.process.resume();
    expect(late.validForMs()).toBe(0);
    expect(await rig.until(late.extend())).toBe('lost');
    expect(await rig.until(late.release())).toBe('expired');
    expect(await rig.until(taker.extend())).toBe('extended');
    expect((await rig.until(third.lock.acquire('k'))).outcome).toBe('busy');
    expect(await rig.until(taker.release())).toBe('released');
  });

  describe('withLock', () => {
    type Event = (rig: Rig, lease: Lease) => unknown;
    const ends: { end: string; during: Event }[] = [
      { end: 'nothing', during: () => {} },
      { end: 'a theft', during: (rig) => steal(rig, 'k') },
      {
        end: 'a theft that is noticed',
        during: (rig, lease) => {
          steal(rig, 'k');
          return lease.extend();
        },
      },
      { end: 'the end of the lease', during: (rig) => rig.sleep(300) },
      { end: 'a release by the work', during: (_rig, lease) => lease.release() },
      { end: 'a freeze of every Redis', during: (rig) => rig.freeze() },
    ];

    test.for(ends)('returns the value or throws the error of the work, after $end', async ({ during }, { rig }) => {
      const [lock] = await rig.joinAll(1, { ttlMs: 250, nodeTimeoutMs: 100 });
      const value = lock.withLock('k', async (lease) => {
        await during(rig, lease);
        return 'its value';
      });
      expect(await rig.until(value)).toEqual({ outcome: 'done', value: 'its value' });
      rig.thaw();
      await rig.pass(70_000); // what is left of a rival

      const broken = new Error('the work has failed');
      const failed = lock.withLock('k', async (lease) => {
        await during(rig, lease);
        throw broken;
      });
      await expect(rig.until(failed)).rejects.toBe(broken);
    });

    test('releases before it returns', async ({ rig, lock }) => {
      const { tookMs } = await rig.timed(lock.withLock('k', () => rig.sleep(5)));
      expect(tookMs).toBe(1 + 5 + 1);
      expect(rig.keys()).toEqual([]);
    });

    test('returns the refusal without running the work', async ({ rig, ours, theirs }) => {
      leaseOf(await rig.until(theirs.acquire('k')));
      let ran = false;
      const work = async () => {
        ran = true;
      };
      expect((await rig.until(ours.withLock('k', work))).outcome).toBe('busy');
      expect((await rig.until(ours.withLock('k', work, { signal: AbortSignal.abort() }))).outcome).toBe('aborted');
      const { value, tookMs } = await rig.timed(ours.withLock('k', work, { waitMs: 100 }));
      expect(value.outcome).toBe('busy');
      expect(tookMs).toBe(100);
      expect(ran).toBe(false);
    });
  });
});

test('ignores an extension whose answer is read after the lease ended', async ({ rig }) => {
  const { lock, process } = await rig.join({ ttlMs: 300 });
  const lease = await rig.hold(lock, 'k');
  const extending = lease.extend(10_000);
  process.pause();
  await rig.pass(400);
  expect(lease.validForMs()).toBe(0);
  process.resume();
  expect(await rig.until(extending)).toBe('lost');
  expect(lease.validForMs()).toBe(0);
  expect(lease.signal.aborted).toBe(true);
});

test.for([false, true])('is released after an outage beyond its first TTL; waiter: %s', async (waits, { rig }) => {
  const [lock] = await rig.joinAll(1, { ttlMs: 1000 });
  const lease = await rig.hold(lock, 'k');
  expect(await rig.until(lease.extend(300_000))).toBe('extended');
  await rig.pass(600); // too late for a hand-over
  rig.stop(0);
  const waiter = waits ? lock.acquire('k', { waitMs: 500 }) : undefined;
  await rig.until(lease.release());
  await rig.pass(5000);
  rig.server().restart(0);
  await rig.pass(1000);
  expect(rig.keys()).toEqual([]);
  await waiter;
});
