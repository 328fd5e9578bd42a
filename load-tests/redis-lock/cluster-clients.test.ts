import { describe, expect, onTestFinished, test } from 'vitest';
import { createRedisLock, inspectLocks, type LockOptions } from '../../app/redis-lock/index.ts';
import { clusterClients, type User } from './clients.ts';
import { contend, expectOneAtATime } from './contention.ts';
import { eventually, hold, inTime, newKey, printedUsers, refusedIn } from './leases.ts';
import { useRedisCluster } from './redis-cluster.ts';

const cluster = useRedisCluster();

/** What the lock needs of a library’s client of a cluster, on a real one. */
describe.each(clusterClients)('the lock on a cluster by $library', ({ library, open }) => {
  // Glide waits by itself, for minutes: a limit that the README names.
  const isGlide = library === '@valkey/valkey-glide';

  /** Over a client of its own. */
  async function newLock(options: LockOptions = {}, user?: User) {
    const { client, close } = await open(cluster.addresses(), user);
    const lock = createRedisLock(client, { nodeTimeoutMs: 30_000, ttlMs: 60_000, ...options });
    onTestFinished(async () => {
      await lock.close();
      close();
    });
    return lock;
  }

  test('grants a waiter the whole TTL: the server counts its sharded subscription', async () => {
    const [ours, theirs] = [await newLock(), await newLock()];
    const key = newKey();
    const lease = await hold(ours, key);
    const waiting = hold(theirs, key, { waitMs: 60_000 });
    await cluster.untilQueued(key, 1);
    const { redis } = await cluster.masterOf(key);
    await expect.poll(async () => ((await redis.call('PUBSUB', 'SHARDCHANNELS')) as string[]).length, inTime).toBe(1);
    const [release] = await Promise.all([lease.release(), waiting]);
    expect(release).toBe('released');
    expect(await redis.pttl(key)).toBeGreaterThan(1000); // no offer, which lasts 500 ms
    await (await waiting).release();
  });

  test('is notified as the user that the README prints', async () => {
    const [, rules = []] = printedUsers();
    await cluster.tellAll('ACL', ...rules);
    onTestFinished(async () => void (await cluster.tellAll('ACL', 'DELUSER', 'app')));
    await cluster.tellAll('ACL', 'LOG', 'RESET');
    const user = { username: 'app', password: 'secret' };
    const [ours, theirs] = [await newLock({}, user), await newLock({}, user)];
    for (const key of [1, 2, 3].map(() => `PAYMENT_${newKey()}`)) {
      const lease = await hold(ours, key);
      const waiting = hold(theirs, key, { waitMs: 60_000 });
      await cluster.untilQueued(key, 1);
      const { redis } = await cluster.masterOf(key);
      const channels = async () => JSON.stringify(await redis.call('PUBSUB', 'SHARDCHANNELS'));
      await expect.poll(channels, inTime).toContain(key);
      expect(await lease.extend()).toBe('extended');
      expect(await lease.release()).toBe('released');
      expect(await (await waiting).release()).toBe('released');
    }
    expect(refusedIn(await cluster.tellAll('ACL', 'LOG'))).toEqual([]);
  });

  describe('with three locks that contend for four keys', () => {
    const contendFor = async (keys: readonly string[], disturb: () => Promise<void>) => {
      const locks = await Promise.all([1, 2, 3].map(() => newLock()));
      return contend({ locks, keys, callersEach: 2, turns: 5, disturb });
    };

    test('has one holder at a time, and serves everyone, while slots move', async () => {
      const keys = [1, 2, 3, 4].map(() => newKey());
      const held = await contendFor(keys, async () => {
        for (const key of keys) await (await cluster.beginMove(key)).finish();
      });
      expectOneAtATime(held, 30);
    });

    test('has one holder at a time, and serves everyone, while a replica takes over', async () => {
      const keys = [1, 2, 3, 4].map(() => newKey());
      const held = await contendFor(keys, () => cluster.failOver(keys[0] ?? ''));
      expectOneAtATime(held, 30);
    });
  });

  if (!isGlide)
    test('a lock is unavailable while its slot stays half moved, and can be taken afterwards', async () => {
      const lock = await newLock();
      const key = newKey();
      const before = await hold(lock, key);
      await before.release(); // its last token stays
      const { finish } = await cluster.beginMove(key);
      const refused = await lock.acquire(key);
      expect(refused.outcome === 'unavailable' && refused.cause.message).toMatch(/^TRYAGAIN/);
      await finish();
      const after = await hold(lock, key);
      expect(after.token).toBeGreaterThan(before.token);
      expect(await after.release()).toBe('released');
    });

  if (!isGlide)
    test('while a master is frozen, locks of the others go on; its own go to the replica that takes over', async () => {
      const lock = await newLock({ nodeTimeoutMs: 1000 });
      const rival = await newLock({ nodeTimeoutMs: 1000 });
      const key = newKey();
      const { id } = await cluster.masterOf(key);
      let other = newKey();
      while ((await cluster.masterOf(other)).id === id) other = newKey();
      const lease = await eventually(lock, key);
      const { takeOver } = await cluster.freezeMaster(key);
      expect((await rival.acquire(key)).outcome).toBe('unavailable');
      const elsewhere = await eventually(rival, other); // only one server is silent
      expect(await elsewhere.release()).toBe('released');
      await takeOver();
      await expect.poll(async () => (await rival.acquire(key)).outcome, inTime).toBe('busy');
      expect(await lease.extend()).toBe('extended');
      const waiting = eventually(rival, key, 60_000);
      await expect.poll(async () => (await inspectLocks(await cluster.open(), [key]))[0]?.waiting, inTime).toBe(1);
      expect(await lease.release()).toBe('released');
      const next = await waiting;
      expect(next.token).toBeGreaterThan(lease.token);
      expect(await next.release()).toBe('released');
    });
});
