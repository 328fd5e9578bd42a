import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { hold, newKey, timed } from './leases.ts';
import { useRedisPool } from './redis-pool.ts';

const pool = useRedisPool(5);

describe.each(pool.kinds)('on $kind', ({ create }) => {
  test('a wait of 0 is one try, which never takes the time of a wait', async () => {
    const [ours, theirs] = [await create(), await create()];
    const key = newKey();
    await using _lease = await hold(theirs, key);
    for (const options of [{}, { waitMs: 0 }]) {
      const { value, tookMs } = await timed(() => ours.acquire(key, options));
      expect(value.outcome).toBe('busy');
      expect(tookMs).toBeLessThan(250);
    }
  });

  test('busy comes at the end of the wait, neither before nor much later', async () => {
    const [ours, theirs] = [await create(), await create()];
    const key = newKey();
    await using _lease = await hold(theirs, key);
    const { value, tookMs } = await timed(() => ours.acquire(key, { waitMs: 200 }));
    expect(value.outcome).toBe('busy');
    expect(tookMs).toBeGreaterThan(195);
    expect(tookMs).toBeLessThan(450);
  });

  test('busy says when to come again: not before the holder’s time is over, and then it is to be had', async () => {
    const [ours, theirs] = [await create({ ttlMs: 400 }), await create({ ttlMs: 400 })];
    const key = newKey();
    const { signal } = await hold(theirs, key);
    const refused = await ours.acquire(key);
    if (refused.outcome !== 'busy') throw new Error(refused.outcome);
    expect(refused.retryAfterMs).toBeGreaterThan(250);
    expect(refused.retryAfterMs).toBeLessThanOrEqual(400);
    await sleep(refused.retryAfterMs - 150);
    expect(signal.aborted).toBe(false);
    expect((await ours.acquire(key)).outcome).toBe('busy');
    await sleep(150 + 10);
    expect((await ours.acquire(key)).outcome).toBe('acquired');
  });

  test('whoever asks in the same moment as one who is let in waits no longer than it wants to, and not at all if it is gone', async () => {
    const lock = await create();
    const key = newKey();
    const caller = new AbortController();
    const first = lock.acquire(key);
    const { value, tookMs } = await timed(() => {
      setTimeout(() => caller.abort(), 50);
      const others = [
        lock.acquire(key),
        lock.acquire(key, { waitMs: 100 }),
        lock.acquire(key, { waitMs: 3000, signal: caller.signal }),
      ];
      return Promise.all(others.map(async (other) => (await other).outcome));
    });
    expect(value).toEqual(['busy', 'busy', 'aborted']);
    expect(tookMs).toBeLessThan(400);
    expect((await first).outcome).toBe('acquired');
  });

  test('a signal that has aborted already is heeded before anything is asked', async () => {
    const lock = await create();
    const key = newKey();
    expect(await lock.acquire(key, { waitMs: 1000, signal: AbortSignal.abort() })).toEqual({ outcome: 'aborted' });
    expect(await pool.leftovers()).toEqual([]);
  });

  test('whoever leaves before the answer is there does not get the lock, and nothing stays of it', async () => {
    const lock = await create();
    const caller = new AbortController();
    const asking = lock.acquire(newKey(), { waitMs: 1000, signal: caller.signal });
    caller.abort();
    expect(await asking).toEqual({ outcome: 'aborted' });
    await expect.poll(() => pool.leftovers(), { timeout: 1000 }).toEqual([]);
  });

  test('a wait that is aborted ends at once, and its place in the queue goes with it', async () => {
    const [ours, theirs] = [await create(), await create()];
    const key = newKey();
    const lease = await hold(theirs, key);
    const caller = new AbortController();
    const waiting = ours.acquire(key, { waitMs: 10_000, signal: caller.signal });
    await pool.untilQueued(1);
    caller.abort();
    const { value, tookMs } = await timed(() => waiting);
    expect(value).toEqual({ outcome: 'aborted' });
    expect(tookMs).toBeLessThan(250);
    await lease.release();
    await expect.poll(() => pool.leftovers(), { timeout: 1000 }).toEqual([]);
  });

  test.each([
    { mistake: 'a TTL of 0', options: { ttlMs: 0 } },
    { mistake: 'a negative TTL', options: { ttlMs: -5 } },
    { mistake: 'a TTL that is no number', options: { ttlMs: Number.NaN } },
    { mistake: 'a TTL without an end', options: { ttlMs: Number.POSITIVE_INFINITY } },
    { mistake: 'a negative wait', options: { waitMs: -1 } },
    { mistake: 'a wait that is no number', options: { waitMs: Number.NaN } },
    { mistake: 'a token to exceed that is negative', options: { above: -1n } },
    { mistake: 'a token to exceed that Redis cannot count to', options: { above: 2n ** 60n } },
    { mistake: 'an empty key', key: '', options: {} },
  ])('$mistake is a programming error, and throws', async ({ key = newKey(), options }) => {
    const lock = await create();
    await expect((async () => lock.acquire(key, options))()).rejects.toThrow();
    if ('ttlMs' in options) await expect(create({ ttlMs: options.ttlMs })).rejects.toThrow();
    expect(await pool.leftovers()).toEqual([]);
  });
});
