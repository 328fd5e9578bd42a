import { describe, expect } from 'vitest';
import { kinds, leaseOf } from '../simulation/rig.ts';
import { test } from './rig-test.ts';

/** The validity of a grant with this TTL on arrival: less drift, 2 ms and the round trip. */
const worth = (ttlMs: number) => ttlMs * 0.99 - 2 - 1;

describe.each(kinds)('a lease on $kind', ({ servers }) => {
  test.override('rigOptions', { servers });

  test('is valid for its TTL less drift, and no longer', async ({ rig }) => {
    const [lock] = await rig.joinAll(1, { ttlMs: 600, driftFactor: 0.5 });
    const lease = await rig.hold(lock, 'k');
    expect(lease.validForMs()).toBe(300 - 2 - 1);
    expect(await rig.untilAborted(lease.signal)).toBe(297);
    expect(lease.validForMs()).toBe(0);
    expect(rig.holders('k')).not.toContain(undefined); // the signal comes before Redis lets go
    expect(await lease.extend()).toBe('lost');
  });

  test('is released by `await using`', async ({ rig, lock }) => {
    const using = async () => {
      await using lease = leaseOf(await lock.acquire('k'));
      expect(lease.validForMs()).toBe(worth(10_000));
      return lease;
    };
    const kept = await rig.until(using());
    expect(kept.validForMs()).toBe(0);
    expect(rig.keys()).toEqual([]);
  });

  test('sends one release for any number of calls', async ({ rig, lock }) => {
    const lease = await rig.hold(lock, 'k');
    rig.ran.length = 0;
    expect(await rig.timed(Promise.all([lease.release(), lease.release()]))).toEqual({
      value: ['released', 'released'],
      tookMs: 1,
    });
    expect(rig.ran.map(({ verb }) => verb)).toEqual(Array(servers).fill('release'));
    expect(await lease.extend()).toBe('lost');
    await rig.pass(1000);
    expect(rig.ran).toHaveLength(servers);
  });

  test('asks each node once to extend it, however long the answers take', async ({ rig }) => {
    const [lock] = await rig.joinAll(1, { delaysMs: Array(servers).fill(100) });
    const lease = await rig.hold(lock, 'k');
    rig.ran.length = 0;
    expect(await rig.until(lease.extend())).toBe('extended');
    expect(rig.ran).toHaveLength(servers);
  });

  test('restarts its TTL by extend, or sets a new one', async ({ rig }) => {
    const [lock] = await rig.joinAll(1, { ttlMs: 300 });
    const lease = await rig.hold(lock, 'k');
    for (let round = 0; round < 3; round++) {
      await rig.pass(150);
      expect(await rig.until(lease.extend())).toBe('extended');
      expect(lease.validForMs()).toBe(worth(300));
      expect(rig.pttl('k')).toBeGreaterThanOrEqual(299);
    }
    expect(await rig.until(lease.extend(5000))).toBe('extended');
    expect(lease.validForMs()).toBe(worth(5000));
    await rig.until(lease.release());
  });

  test('is shortened at once by extend; Redis keeps the longer TTL', async ({ rig }) => {
    const [lock] = await rig.joinAll(1, { ttlMs: 5000 });
    const lease = await rig.hold(lock, 'k');
    const extension = lease.extend(150);
    expect(lease.validForMs()).toBe(150 * 0.99 - 2);
    expect(await rig.until(extension)).toBe('extended');
    expect(lease.validForMs()).toBe(worth(150));
    expect(rig.pttl('k')).toBeGreaterThan(4990);
    expect(await rig.untilAborted(lease.signal)).toBe(Math.ceil(worth(150)));
    await rig.pass(1);
    expect(rig.keys()).toEqual([]); // abandoned at the end of the lease, not of the TTL in Redis
  });

  test.for([0, -1, Number.NaN, 1.5])('rejects extend by %s, and stays valid', async (ttlMs, { rig, lock }) => {
    const lease = await rig.hold(lock, 'k');
    await expect(lease.extend(ttlMs)).rejects.toThrow(RangeError);
    expect(lease.validForMs()).toBe(worth(10_000));
  });

  test.for([false, true])('expires by its own clock if Redis freezes, autoExtend %s', async (autoExtend, { rig }) => {
    const [lock] = await rig.joinAll(1, { ttlMs: 250, autoExtend, nodeTimeoutMs: 2000 });
    const lease = await rig.hold(lock, 'k');
    rig.freeze();
    expect(await rig.untilAborted(lease.signal)).toBe(Math.ceil(worth(250)));
    expect(lease.validForMs()).toBe(0);
    rig.thaw();
    await rig.pass(1);
    expect(rig.keys()).toEqual([]);
  });

  test('loses an extension at its deadline while Redis is frozen', async ({ rig }) => {
    const [lock] = await rig.joinAll(1, { ttlMs: 250, nodeTimeoutMs: 5000 });
    const lease = await rig.hold(lock, 'k');
    rig.freeze();
    expect(await rig.timed(lease.extend())).toEqual({ value: 'lost', tookMs: Math.ceil(worth(250)) });
    expect(lease.signal.aborted).toBe(true);
    rig.thaw();
    await rig.pass(1);
    expect(rig.keys()).toEqual([]);
  });

  test('goes on when an older extension is not answered in time, and a newer one is', async ({ rig }) => {
    const [lock] = await rig.joinAll(1, { ttlMs: 1000, nodeTimeoutMs: 50, chance: 0.999 });
    const lease = await rig.hold(lock, 'k');
    await rig.pass(710);
    rig.freeze();
    const older = lease.extend();
    await rig.pass(154);
    rig.thaw();
    await rig.pass(2); // the older one is tried again only after the end that the lease had
    expect(await rig.until(lease.extend())).toBe('extended');
    expect(await rig.until(older)).toBe('extended');
    expect(lease.validForMs()).toBeGreaterThan(700);
  });

  test('is lost when an older extension finds it gone after a newer one was answered', async ({ rig }) => {
    const [lock] = await rig.joinAll(1, { ttlMs: 1000, nodeTimeoutMs: 50 });
    const lease = await rig.hold(lock, 'k');
    rig.freeze();
    const older = lease.extend();
    await rig.pass(154);
    rig.thaw();
    await rig.pass(2);
    expect(await rig.until(lease.extend())).toBe('extended');
    for (const { redis } of rig.servers) redis.call('DEL', 'k');
    expect(await rig.until(older)).toBe('lost');
    expect(lease.validForMs()).toBe(0);
  });
});

describe.each(kinds)('autoExtend on $kind', ({ servers }) => {
  test.override('rigOptions', { servers });

  test('renews at a third of the TTL, up to maxHoldMs', async ({ rig }) => {
    const [lock] = await rig.joinAll(1, { ttlMs: 240, autoExtend: true, maxHoldMs: 700 });
    const [rival] = await rig.joinAll(1);
    const lease = await rig.hold(lock, 'k');
    const heldAt = rig.now;
    rig.ran.length = 0;
    await rig.hold(rival, 'k', { waitMs: 5000 });
    const servedMs = rig.now - heldAt;
    const extensions = rig.ran.filter(({ verb, node }) => verb === 'extend' && node === 0);
    // Each is sent 80 ms after the answer to the one before, and is under way for 0.5 ms.
    expect(extensions.map(({ atMs }) => atMs - heldAt)).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((n) => 81 * n - 0.5));
    expect(lease.signal.aborted).toBe(true);
    expect(servedMs).toBeGreaterThan(690);
    expect(servedMs).toBeLessThanOrEqual(702); // maxHoldMs, and a release and a notification under way
    expect(await lease.extend()).toBe('lost');
    expect(await rig.until(lease.release())).toBe('expired');
  });

  test('sends no extension after the release', async ({ rig }) => {
    const [lock] = await rig.joinAll(1, { ttlMs: 240, autoExtend: true });
    const keys = Array.from({ length: 20 }, (_, index) => `k${index}`);
    const leases = await rig.until(Promise.all(keys.map(async (key) => leaseOf(await lock.acquire(key)))));
    // From before the first renewal until after its answer, so that some are under way.
    const released = leases.map(async (lease, index) => {
      await rig.sleep(79 + index / 8);
      return lease.release();
    });
    expect(await rig.until(Promise.all(released))).toEqual(Array(20).fill('released'));
    rig.ran.length = 0;
    await rig.pass(1000);
    expect(rig.ran).toEqual([]);
    expect(rig.keys()).toEqual([]);
  });

  test('uses the TTL of the last extend, even a shorter one', async ({ rig }) => {
    const [lock] = await rig.joinAll(1, { ttlMs: 10_000, autoExtend: true });
    const lease = await rig.hold(lock, 'k');
    await rig.pass(100);
    expect(await rig.until(lease.extend(1000))).toBe('extended');
    await rig.pass(2500);
    expect(lease.signal.aborted).toBe(false);
    expect(lease.validForMs()).toBeGreaterThan(1000 * (1 - 1 / 3) * 0.99 - 10);
    await rig.until(lease.release());
  });
});

describe('the validity of a lease', () => {
  test('follows its own caller’s TTL after another caller left', async ({ rig }) => {
    const [holder, lock] = await rig.joinAll(2);
    const lease = await rig.hold(holder, 'k');
    const impatient = lock.acquire('k', { ttlMs: 300, waitMs: 80 });
    const patient = lock.acquire('k', { ttlMs: 30_000, waitMs: 5000 });
    expect((await rig.timed(impatient)).value.outcome).toBe('busy');
    await rig.until(lease.release());
    const served = leaseOf(await rig.until(patient));
    expect(served.validForMs()).toBe(worth(30_000));
    expect(rig.pttl('k')).toBeGreaterThanOrEqual(29_999);
  });

  test('ends at a shorter TTL even if the answer to extend is lost', async ({ rig }) => {
    const [cutOff, rival] = [await rig.join({ ttlMs: 5000 }), await rig.join()];
    const lease = await rig.hold(cutOff.lock, 'k');
    rig.delay(cutOff, 'commands', Number.POSITIVE_INFINITY);
    const startedAt = rig.now;
    const extension = lease.extend(150);
    expect(await rig.untilAborted(lease.signal)).toBe(Math.ceil(150 * 0.99 - 2));
    const taker = await rig.hold(rival.lock, 'k', { waitMs: 2000 });
    expect(rig.now - startedAt).toBeLessThan(155); // it was abandoned, on the way that still works
    expect(taker.token).toBeGreaterThan(lease.token);
    expect(await rig.until(extension)).toBe('lost');
    expect(lease.validForMs()).toBe(0);
    rig.delay(cutOff, 'commands', 0);
  });

  test('is handed over for no longer than Redis keeps the lock', async ({ rig }) => {
    const [lock, rival] = await rig.joinAll(2, { ttlMs: 700 });
    const first = lock.acquire('k', { waitMs: 3000 });
    const second = lock.acquire('k', { waitMs: 3000 });
    const lease = leaseOf(await rig.until(first));
    void lease.extend(100);
    void lease.release();
    const next = leaseOf(await rig.until(second));
    const waiting = rival.acquire('k', { waitMs: 6000 });
    while (next.validForMs() > 0) {
      expect(next.validForMs()).toBeLessThanOrEqual(rig.pttl('k') + 1); // PTTL leaves out a fraction
      await rig.pass(10);
    }
    const taker = leaseOf(await rig.until(waiting));
    expect(taker.token).toBeGreaterThan(next.token);
  });

  test('is extended by an older extension while a newer one is not answered', async ({ rig }) => {
    const cutOff = await rig.join({ ttlMs: 3000, nodeTimeoutMs: 2000 });
    const lease = await rig.hold(cutOff.lock, 'k');
    rig.delay(cutOff, 'commands', 200);
    const older = lease.extend(5000);
    await rig.pass(0.5);
    rig.delay(cutOff, 'commands', Number.POSITIVE_INFINITY);
    void lease.extend(5000);
    expect(await rig.timed(older)).toEqual({ value: 'extended', tookMs: 200.5 });
    expect(lease.validForMs()).toBe(5000 * 0.99 - 2 - 201);
    rig.delay(cutOff, 'commands', 0);
  });

  test('stays over if a longer extension is answered before its timer', async ({ rig }) => {
    const paused = await rig.join({ ttlMs: 3000, nodeTimeoutMs: 2000 });
    const lease = await rig.hold(paused.lock, 'k');
    rig.delay(paused, 'commands', 50);
    const longer = lease.extend(5000);
    await rig.pass(0.5);
    void lease.extend(400);
    paused.process.pause();
    await rig.pass(1000);
    paused.process.resume('messages');
    expect(await rig.until(longer)).toBe('lost');
    expect(lease.validForMs()).toBe(0);
  });

  test('asks for nothing once it is over, though its timer is late', async ({ rig }) => {
    const paused = await rig.join({ ttlMs: 400 });
    const lease = await rig.hold(paused.lock, 'k');
    paused.process.pause();
    await rig.pass(1000);
    rig.ran.length = 0;
    expect(await rig.until(lease.extend())).toBe('lost');
    paused.process.resume();
    await rig.pass(10);
    expect(rig.ran.map(({ verb }) => verb)).not.toContain('extend');
  });

  test('ends at the shorter of two extensions if only the longer is answered', async ({ rig }) => {
    const cutOff = await rig.join({ ttlMs: 3000, nodeTimeoutMs: 2000 });
    const lease = await rig.hold(cutOff.lock, 'k');
    rig.delay(cutOff, 'commands', 200);
    const longer = lease.extend(5000);
    await rig.pass(0.5);
    rig.delay(cutOff, 'commands', Number.POSITIVE_INFINITY);
    const shorter = lease.extend(400);
    expect(lease.validForMs()).toBe(400 * 0.99 - 2);
    expect(await rig.timed(longer)).toEqual({ value: 'extended', tookMs: 200.5 });
    expect(lease.validForMs()).toBe(400 * 0.99 - 2 - 200.5);
    expect(await rig.untilAborted(lease.signal)).toBe(Math.ceil(400 * 0.99 - 2) - 200.5);
    expect(await rig.until(shorter)).toBe('lost');
    rig.delay(cutOff, 'commands', 0);
  });
});

test('sends no extension of a lease that was handed over before the retry', async ({ rig }) => {
  const ours = await rig.join({ ttlMs: 10_000 });
  const first = ours.lock.acquire('k').then(leaseOf);
  const second = ours.lock.acquire('k', { waitMs: 1000 }).then(leaseOf);
  const lease = await rig.until(first);
  ours.lead(0, undefined);
  rig.cut('commands');
  const extending = lease.extend(3_600_000);
  await rig.pass(300); // its retries are further and further apart
  ours.lead(0, rig.server());
  while (!ours.clients[0]?.isConnected) await rig.pass(1);
  await rig.until(lease.release());
  const next = await rig.until(second);
  expect(await rig.until(extending)).toBe('lost');
  await rig.pass(1000);
  expect(next.validForMs()).toBeGreaterThan(0);
  expect(rig.pttl('k')).toBeLessThan(10_000);
});
