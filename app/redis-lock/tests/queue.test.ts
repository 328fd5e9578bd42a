import { describe, expect } from 'vitest';
import { kinds, leaseOf, type Rig, withRig } from '../simulation/rig.ts';
import type { DistributedLock } from '../src/types.ts';
import { test } from './rig-test.ts';

/** The validity of a grant with this TTL on arrival: less drift, 2 ms and the round trip. */
const worth = (ttlMs: number) => ttlMs * 0.99 - 2 - 1;

const verbs = (rig: Rig) => rig.ran.map(({ verb }) => verb);

describe.each(kinds)('the queue on $kind', ({ servers }) => {
  test.override('rigOptions', { servers });

  test('grants to the next waiter by the release, without another request', async ({ rig, ours, theirs }) => {
    for (let earlier = 0; earlier < 10; earlier++) await rig.until((await rig.hold(ours, 'other')).release());
    const lease = await rig.hold(theirs, 'k');
    const waiting = ours.acquire('k', { waitMs: 10_000 }); // the eleventh attempt of its process
    await rig.pass(30);
    rig.ran.length = 0;
    const releasedAt = rig.now;
    void lease.release();
    const next = leaseOf(await rig.until(waiting));
    expect(rig.now - releasedAt).toBe(1); // a release and a notification under way
    expect(verbs(rig)).toEqual(Array(servers).fill('release'));
    expect(next.token).toBeGreaterThan(lease.token);
    expect(rig.pttl('k')).toBeGreaterThanOrEqual(9999);
  });

  test('asks about once a second while it waits', async ({ rig }) => {
    const [ours, theirs] = await rig.joinAll(2, { chance: 0.999 });
    const lease = await rig.hold(theirs, 'k', { ttlMs: 60_000 });
    const waiting = ours.acquire('k', { waitMs: 60_000 });
    await rig.pass(5);
    rig.ran.length = 0;
    await rig.pass(9500);
    expect(verbs(rig)).toEqual(Array(servers * 9).fill('acquire'));
    await rig.until(lease.release());
    await rig.until(leaseOf(await rig.until(waiting)).release());
  });

  test.for(['k', 'a{k}b'])('serves %s under a prefix', async (key, { rig }) => {
    const [ours, theirs] = await rig.joinAll(2, { prefix: 'app:' });
    const { lease, tookMs } = await rig.handOver(theirs, ours, key);
    expect(tookMs).toBe(1); // by a notification
    for (const { redis } of rig.servers) {
      const names = redis.call('KEYS', '*') as string[];
      expect(names.filter((name) => name !== key && !name.startsWith('app:'))).toEqual([]);
    }
    await rig.until(lease.release());
  });

  test('waits for another library’s lock, and leaves it as it is', async ({ rig, lock }) => {
    rig.call('SET', 'k', 'host-1:4711:1700000000000', 'PX', '3000');
    const waiting = lock.acquire('k', { waitMs: 10_000 });
    await rig.pass(2000);
    for (const { redis } of rig.servers) expect(redis.call('GET', 'k')).toBe('host-1:4711:1700000000000');
    const { tookMs } = await rig.timed(waiting.then(leaseOf));
    expect(tookMs).toBeLessThan(1100);
  });

  test.for([
    { whose: 'of six processes', lockOf: (turn: number) => turn },
    { whose: 'of one process', lockOf: () => 0 },
  ])('serves waiters $whose by arrival', async ({ lockOf }, { rig }) => {
    const locks = await rig.joinAll(6);
    const [holder] = await rig.joinAll(1);
    const lease = await rig.hold(holder, 'k');
    const served: number[] = [];
    const tokens: bigint[] = [lease.token];
    const waitForTurn = async (turn: number) => {
      const granted = leaseOf(await (locks[lockOf(turn)] as DistributedLock).acquire('k', { waitMs: 10_000 }));
      served.push(turn);
      tokens.push(granted.token);
      await granted.release();
    };
    const turns: Promise<void>[] = [];
    for (let turn = 0; turn < 6; turn++) {
      turns.push(waitForTurn(turn));
      await rig.pass(2);
    }
    expect(rig.queue('k')).toHaveLength(new Set([0, 1, 2, 3, 4, 5].map(lockOf)).size);
    const releasedAt = rig.now;
    void lease.release();
    await rig.until(Promise.all(turns));
    expect(served).toEqual([0, 1, 2, 3, 4, 5]);
    expect(tokens).toEqual([...tokens].sort((a, b) => Number(a - b)));
    // Each turn of another process takes a release and a notification; within a process, no time at all.
    expect(rig.now - releasedAt).toBeLessThanOrEqual(lockOf(1) === 1 ? 7 : 2);
  });

  test('serves sixteen waiters of a process, then one of another', async ({ rig, ours, theirs, lock }) => {
    const lease = await rig.hold(lock, 'k');
    const served: string[] = [];
    const waitForTurn = async (by: DistributedLock, whose: string) => {
      const granted = leaseOf(await by.acquire('k', { waitMs: 10_000 }));
      served.push(whose);
      await granted.release();
    };
    const turns = Array.from({ length: 20 }, () => waitForTurn(ours, 'ours'));
    await rig.pass(5);
    turns.push(waitForTurn(theirs, 'theirs'));
    await rig.pass(5);
    void lease.release();
    await rig.until(Promise.all(turns));
    expect(served).toEqual([...Array(16).fill('ours'), 'theirs', ...Array(4).fill('ours')]);
  });

  test.for([0, 0.999])('skips a killed waiter after 500 ms and a recheck (random %s)', async (chance, { rig }) => {
    const [holder, head, next] = [
      await rig.join({ ttlMs: 30_000 }),
      await rig.join({ ttlMs: 30_000 }),
      await rig.join({ ttlMs: 30_000, chance }),
    ];
    const lease = await rig.hold(holder.lock, 'k');
    void head.lock.acquire('k', { waitMs: 30_000 });
    await rig.pass(2);
    const waiting = next.lock.acquire('k', { waitMs: 10_000 });
    await rig.pass(2);
    expect(rig.queue('k')).toHaveLength(2);
    rig.kill(head);
    await rig.pass(1);
    const releasedAt = rig.now;
    void lease.release();
    const served = leaseOf(await rig.until(waiting));
    expect(rig.now - releasedAt).toBeLessThan(500 + 1000 + 2);
    expect(served.validForMs()).toBe(worth(30_000));
    await rig.until(served.release());
    await rig.pass(1);
    expect(rig.keys()).toEqual([]);
  });

  test('disappears with its only waiter, which was killed', async ({ rig }) => {
    const [holder, head, next] = [await rig.join(), await rig.join(), await rig.join()];
    const lease = await rig.hold(holder.lock, 'k');
    for (let waits = 0; waits < 3; waits++) void head.lock.acquire('k', { waitMs: 30_000 });
    await rig.pass(2);
    rig.kill(head);
    await rig.until(lease.release());
    const { tookMs } = await rig.timed(next.lock.acquire('k', { waitMs: 1000 }).then(leaseOf));
    expect(tookMs).toBeLessThan(510); // the offer to the killed process
    await rig.until(next.lock.close());
    await rig.pass(1);
    expect(rig.keys()).toEqual([]);
  });

  test('serves the next at the end of a killed holder’s TTL', async ({ rig }) => {
    const [holder, first, second] = [await rig.join({ ttlMs: 600 }), await rig.join(), await rig.join()];
    await rig.hold(holder.lock, 'k');
    const heldAt = rig.now;
    const turns = [first, second].map(async ({ lock }) => {
      const lease = leaseOf(await lock.acquire('k', { waitMs: 10_000 }));
      const servedMs = rig.now - heldAt;
      await lease.release();
      return servedMs;
    });
    rig.kill(holder);
    const [next = 0, last = 0] = await rig.until(Promise.all(turns));
    expect(next).toBeGreaterThan(599);
    expect(next).toBeLessThan(610);
    expect(last - next).toBe(1);
  });

  test('serves waiters that miss every notification', async ({ rig }) => {
    const [holder, deaf] = [await rig.join({ ttlMs: 30_000 }), await rig.join({ ttlMs: 30_000, chance: 0.999 })];
    const lease = await rig.hold(holder.lock, 'k');
    const turns = [1, 2, 3].map(async () => leaseOf(await deaf.lock.acquire('k', { waitMs: 15_000 })).release());
    await rig.pass(2);
    for (let node = 0; node < servers; node++) rig.delay(deaf, 'subscriptions', Number.POSITIVE_INFINITY, node);
    await rig.until(lease.release());
    const { value, tookMs } = await rig.timed(Promise.all(turns));
    expect(value).toEqual(Array(3).fill('released'));
    expect(tookMs).toBeLessThan(1002); // one recheck a second
  });

  test('serves a waiter after a rival that ignores the queue', async ({ rig, lock }) => {
    rig.call('SET', 'k', 'rival', 'PX', '30000');
    const waiting = lock.acquire('k', { waitMs: 10_000 });
    await rig.pass(50);
    rig.call('DEL', 'k');
    const { value, tookMs } = await rig.timed(waiting);
    expect(value.outcome).toBe('acquired');
    expect(tookMs).toBeLessThan(1002);
  });
});

describe('an offer to a waiter without a counted subscription', () => {
  test('is accepted by asking, for the full TTL', async ({ rig }) => {
    const [holder, waiter, third] = [await rig.join(), await rig.join(), await rig.join()];
    waiter.lead(0, undefined); // its subscription cannot be opened
    const lease = await rig.hold(holder.lock, 'k');
    const waiting = waiter.lock.acquire('k', { waitMs: 60_000 });
    await rig.pass(5);
    await rig.until(lease.release());
    expect(rig.holders('k')[0]).toContain(waiter.prefix);
    expect(rig.pttl('k')).toBeLessThanOrEqual(500);
    const { value, tookMs } = await rig.timed(waiting);
    expect(leaseOf(value).validForMs()).toBe(worth(10_000));
    expect(tookMs).toBeLessThan(251);
    expect(rig.pttl('k')).toBeGreaterThanOrEqual(9999);
    expect(await rig.until(third.lock.acquire('k'))).toMatchObject({ outcome: 'busy' });
    expect(await rig.until(leaseOf(value).extend())).toBe('extended');
  });

  test('is accepted as soon as it is received, by a subscriber on another node of a cluster', () =>
    withRig({ subscribers: 'elsewhere' }, async (rig) => {
      const [holder, waiter, third] = [await rig.join(), await rig.join(), await rig.join()];
      const { lease, tookMs } = await rig.handOver(holder.lock, waiter.lock);
      expect(lease.validForMs()).toBe(worth(10_000));
      expect(rig.pttl('k')).toBeGreaterThanOrEqual(9999);
      expect(tookMs).toBe(2); // a release, a notification, and a request
      expect(await rig.until(third.lock.acquire('k'))).toMatchObject({ outcome: 'busy' });
      expect(rig.holders('k')[0]).toContain(waiter.prefix);
      expect(await rig.until(lease.extend())).toBe('extended');
    }));

  test('is accepted as soon as a replica relays it, after a failover', async ({ rig }) => {
    const [holder, waiter, third] = [await rig.join(), await rig.join(), await rig.join()];
    const { lease: first } = await rig.handOver(holder.lock, waiter.lock);
    await rig.until(first.release());

    // The old primary comes back as a replica, with the subscription that is still open there.
    const old = rig.failOver(0, 0);
    rig.cut('commands');
    old.follow(rig.server());
    old.thaw();
    await rig.pass(100);
    const { lease, tookMs } = await rig.handOver(holder.lock, waiter.lock);
    expect(await rig.until(third.lock.acquire('k'))).toMatchObject({ outcome: 'busy' });
    expect(rig.holders('k')[0]).toContain(waiter.prefix);
    expect(tookMs).toBeCloseTo(2.4); // as on a cluster, and 0.4 ms to the replica
    expect(await rig.until(lease.extend())).toBe('extended');
  });
});

test.for(['a{b}', 'a b', '\ud83d'])('refuses the prefix %j', async (prefix, { rig }) => {
  await expect(rig.join({ prefix })).rejects.toThrow('prefix must have no braces');
});

test('ignores a message on its channel that no script has sent', async ({ rig }) => {
  const [holder, waiter] = [await rig.join(), await rig.join()];
  const lease = await rig.hold(holder.lock, 'k');
  const waiting = waiter.lock.acquire('k', { waitMs: 10_000 }).then(leaseOf);
  await rig.pass(30);
  rig.ran.length = 0;
  for (const message of [
    'hello',
    `${waiter.prefix}:9:10000 5 x k`,
    `${waiter.prefix}:9:10000 5 0 k`,
    `${waiter.prefix}:9:10000\u20ac 5 10000 k`,
    `${waiter.prefix}:\u20ac:9:10000 5 10000 k`,
    `${rig.holders('k')[0]?.replace('+', '')} 5 10000 k`,
    `${rig.queue('k')[0]} x 10000 k`,
    `${rig.queue('k')[0]} 1e999 10000 k`,
    `${waiter.prefix}:9:1 5 1`,
  ]) {
    rig.call('PUBLISH', `redis-lock:${waiter.prefix}`, message);
  }
  await rig.pass(30);
  expect(rig.ran).toEqual([]);
  expect(await rig.until(lease.release())).toBe('released');
  const next = await rig.until(waiting);
  expect(next.token).toBeGreaterThan(lease.token);
  await rig.until(next.release());
});

test('ignores a notification about a key that no lock can have', async ({ rig, ours, theirs }) => {
  const lease = await rig.hold(theirs, 'k');
  const waiting = ours.acquire('k', { waitMs: 10_000 });
  await rig.pass(5);
  const client = rig.queue('k')[0]?.split(':')[0];
  rig.call('PUBLISH', `redis-lock:${client}`, `${client}:999:1000 1 1000 a}b`);
  await rig.pass(5);
  expect(rig.uncaught).toEqual([]);
  await rig.until(lease.release());
  await rig.until(leaseOf(await rig.until(waiting)).release());
});
