import { describe, expect, onTestFinished, test } from 'vitest';
import { openRedis } from '../../app/redis.ts';
import { createRedlock, type DistributedLock } from '../../app/redis-lock/index.ts';
import { hold, newKey } from './leases.ts';
import { at, useRedisPool } from './redis-pool.ts';

const pool = useRedisPool(5);

describe.each(pool.kinds)('on $kind', ({ create }) => {
  test('each grant has a token of its own, greater than the one before, from whichever lock object', async () => {
    const [ours, theirs] = [await create(), await create()];
    const key = newKey();
    let last = 0n;
    for (const lock of [ours, ours, theirs, ours, theirs, theirs]) {
      await using lease = await hold(lock, key);
      expect(lease.token).toBeGreaterThan(last);
      last = lease.token;
    }
  });

  test.each([1n, 1_000_000n, 2n ** 52n])('the token is greater than the one it must be above, by %s', async (more) => {
    const lock = await create();
    const key = newKey();
    const before = await hold(lock, key);
    await before.release();
    const above = before.token + more;
    await using lease = await hold(lock, key, { above });
    expect(lease.token).toBeGreaterThan(above);
    await lease.release();
    await using later = await hold(lock, key);
    expect(later.token).toBeGreaterThan(lease.token);
  });

  test('tokens go on growing after every Redis has lost its memory', async () => {
    const lock = await create();
    const key = newKey();
    const before = await hold(lock, key);
    await before.release();
    await Promise.all(pool.observers.map((observer) => observer.flushall()));
    await using after = await hold(lock, key);
    expect(after.token).toBeGreaterThan(before.token);
  });
});

test('the last token is remembered until the clock has passed it, so that none is minted below it later', async () => {
  const lock = await pool.redisLock();
  const key = newKey();
  const lease = await hold(lock, key);
  await lease.release();
  for (const aheadMs of [0, 1000, 600_000]) {
    const raised = await hold(lock, key, { above: lease.token + BigInt(aheadMs) * 1000n });
    await raised.release();
    const [seconds = 0, micros = 0] = (await pool.observer.time()).map(Number);
    const clockIsPastItInMs = (Number(raised.token) - (seconds * 1_000_000 + micros)) / 1000;
    expect(await pool.observer.pttl(`{${key}}:fence`)).toBeGreaterThan(clockIsPastItInMs);
  }
});

test('tokens grow from grant to grant, whichever majority grants', async () => {
  const lock = await pool.redlock({ nodeTimeoutMs: 100 });
  const key = newKey();
  let last = 0n;
  // Each pair of these majorities shares one node at the least, which remembers.
  for (const away of [[], [0, 1], [2, 3], [4, 0], [1, 2], [3, 4]]) {
    pool.freeze(away);
    const lease = await hold(lock, key, { waitMs: 3000 });
    expect(lease.token).toBeGreaterThan(last);
    last = lease.token;
    await lease.release();
    pool.thaw(away);
    await Promise.all(away.map((index) => at(pool.observers, index).ping()));
  }
});

test('tokens grow even where one node’s are far ahead, as those of a fast clock are, and no two majorities are the same', async () => {
  const nodes = await Promise.all(pool.servers.map(({ url }) => pool.connect(url)));
  const away = openRedis({ url: 'redis://127.0.0.1:1', timeoutMs: 100, warn: () => {} }); // nothing listens there
  onTestFinished(() => away.disconnect());
  const locks: DistributedLock[] = [];
  // Together: each tries for a while to tell the nodes that it does not reach.
  onTestFinished(async () => void (await Promise.all(locks.map((lock) => lock.close()))));
  /** A lock on a machine that reaches only some of the nodes. */
  const lockThatSees = (...seen: number[]) => {
    const lock = createRedlock(nodes.map((node, index) => (seen.includes(index) ? node : away)));
    locks.push(lock);
    return lock;
  };
  const key = newKey();
  const first = await hold(lockThatSees(0, 1, 2), newKey());
  const ahead = await hold(lockThatSees(0, 1, 2), key, { above: first.token + 10_000_000_000n });
  await ahead.release();
  let last = ahead.token;
  for (const seen of [
    [2, 3, 4],
    [0, 3, 4],
    [1, 3, 4],
    [0, 1, 3],
    [0, 2, 4],
    [1, 2, 3],
    [0, 1, 4],
    [2, 3, 4],
  ]) {
    const lease = await hold(lockThatSees(...seen), key, { waitMs: 1000 });
    expect(lease.token, `granted by the nodes ${seen}`).toBeGreaterThan(last);
    last = lease.token;
    expect(await lease.release()).toBe('released');
  }
});
