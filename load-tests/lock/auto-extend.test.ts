import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { aborted, hold, newKey } from './leases.ts';
import { useRedisPool } from './redis-pool.ts';

const pool = useRedisPool(5);

describe.each(pool.kinds)('on $kind', ({ create }) => {
  test('without being extended a lease is valid for its TTL, less drift, and for no longer', async () => {
    const lock = await create({ ttlMs: 600, driftFactor: 0.5 });
    const key = newKey();
    const startedAt = performance.now();
    const lease = await hold(lock, key);
    expect(lease.validForMs()).toBeLessThan(300);
    expect(lease.validForMs()).toBeGreaterThan(100);
    await aborted(lease.signal, 1000);
    const tookMs = performance.now() - startedAt;
    expect(tookMs).toBeGreaterThan(250);
    expect(await lock.acquire(key)).toMatchObject({ outcome: 'busy' }); // the signal comes before Redis lets go
  });

  test('extend starts the TTL anew, with another one if it is given', async () => {
    const lock = await create({ ttlMs: 300 });
    const key = newKey();
    const lease = await hold(lock, key);
    for (let round = 0; round < 3; round++) {
      await sleep(150);
      expect(await lease.extend()).toBe('extended');
    }
    expect(lease.signal.aborted).toBe(false);
    expect(await lease.extend(5000)).toBe('extended');
    expect(lease.validForMs()).toBeGreaterThan(4000);
    expect(lease.validForMs()).toBeLessThan(5000);
    expect(await lease.extend(150)).toBe('extended');
    expect(lease.validForMs()).toBeLessThan(150); // Redis lets go sooner now, and so must the holder
    await aborted(lease.signal, 600);
  });

  test.each([0, -1, Number.NaN])('extend by %s is a programming error, and throws', async (ttlMs) => {
    const lease = await hold(await create({}), newKey());
    await expect((async () => lease.extend(ttlMs))()).rejects.toThrow();
    expect(lease.validForMs()).toBeGreaterThan(0);
  });

  test('a lease that is released cannot be extended', async () => {
    const key = newKey();
    const lease = await hold(await create({}), key);
    await lease.release();
    expect(await lease.extend()).toBe('lost');
    expect(await pool.leftovers()).toEqual([]);
  });

  test('autoExtend keeps a lease beyond its TTL, up to maxHoldMs; then it is lost, and free for the next', async () => {
    const lock = await create({ ttlMs: 240, autoExtend: true, maxHoldMs: 700 });
    const rival = await create({});
    const key = newKey();
    const lease = await hold(lock, key);
    const heldAt = performance.now();
    while (performance.now() - heldAt < 500) {
      await sleep(50);
      expect(lease.validForMs()).toBeGreaterThan(0);
      expect((await rival.acquire(key)).outcome).toBe('busy');
    }
    await sleep(heldAt + 720 - performance.now()); // on a busy machine this timer is late, but never before an earlier one
    expect(lease.signal.aborted).toBe(true);
    expect(lease.validForMs()).toBe(0);
    expect(await lease.extend()).toBe('lost');
    expect(await lease.release()).toBe('expired');
    expect((await rival.acquire(key, { waitMs: 1000 })).outcome).toBe('acquired');
  });

  test('autoExtend ends with the release: nothing comes back afterwards', async () => {
    const lock = await create({ ttlMs: 240, autoExtend: true });
    const leases = await Promise.all(Array.from({ length: 20 }, () => hold(lock, newKey())));
    // At all points between two extensions, so that some are under way.
    await Promise.all(leases.map((lease, index) => sleep(75 + index).then(() => lease.release())));
    await sleep(30);
    expect(await pool.leftovers()).toEqual([]);
  });

  test('with every Redis frozen, the signal aborts by the local deadline all the same', async () => {
    for (const autoExtend of [false, true]) {
      const lease = await hold(await create({ ttlMs: 250, autoExtend, nodeTimeoutMs: 2000 }), newKey());
      const frozenAt = performance.now();
      pool.freeze();
      await aborted(lease.signal, 2000);
      pool.thaw();
      expect(performance.now() - frozenAt).toBeLessThan(250 + 250);
      expect(lease.validForMs()).toBe(0);
    }
  });

  test('with every Redis frozen, an extension is given up as lost by the deadline, and not later', async () => {
    const lease = await hold(await create({ ttlMs: 250, nodeTimeoutMs: 5000 }), newKey());
    const frozenAt = performance.now();
    pool.freeze();
    const extension = await lease.extend();
    const tookMs = performance.now() - frozenAt;
    pool.thaw();
    expect(extension).toBe('lost');
    expect(lease.signal.aborted).toBe(true);
    expect(tookMs).toBeLessThan(250 + 250);
    await expect.poll(() => pool.leftovers(), { timeout: 2000 }).toEqual([]);
  });
});
