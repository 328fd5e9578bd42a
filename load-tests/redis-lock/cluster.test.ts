import { Redis } from 'ioredis';
import { describe, expect, onTestFinished, test } from 'vitest';
import { slotOf } from '../../app/redis-lock/adapters/slot.ts';
import { createRedisLock, inspectLocks } from '../../app/redis-lock/index.ts';
import { lockKeys } from '../../app/redis-lock/src/keys.ts';
import { settleAll } from '../client/recorded-load.ts';
import { hold, inTime, leaseOf, newKey } from './leases.ts';
import { useRedisCluster } from './redis-cluster.ts';

const cluster = useRedisCluster();

// Redis hashes what is between the first { and the first } after it, and the whole key when that is nothing.
test.each([
  'plain',
  'order:{42}:pay',
  '{42}',
  '{42}:pay',
  'x{y}z}',
  '{{42}}',
  'ключ:{42}',
  'with a space and "quotes"',
])('keeps all keys of the lock %s, and its channels, in one slot', async (key) => {
  const [ours, theirs] = [await cluster.lock(), await cluster.lock()];
  const lease = await hold(ours, key);
  const waiting = hold(theirs, key, { waitMs: 60_000 });
  await cluster.untilQueued(key, 1);
  const { redis } = await cluster.masterOf(key);
  const channels = () => redis.call('PUBSUB', 'SHARDCHANNELS') as Promise<string[]>;
  await expect.poll(async () => (await channels()).length, inTime).toBe(1);
  expect((await ours.acquire(key)).outcome).toBe('busy');
  expect(await lease.extend()).toBe('extended');
  const slot = await cluster.slotOf(key);
  const keys = (await redis.cluster('GETKEYSINSLOT', slot, 100)) as string[];
  expect(keys).toEqual(expect.arrayContaining([...lockKeys(key).all]));
  expect([key, ...(await channels())].map(slotOf)).toEqual([slot, slot]);
  expect(await lease.release()).toBe('released');
  const next = await waiting;
  expect(next.token).toBeGreaterThan(lease.token);
  expect(await next.release()).toBe('released');
  await theirs.close();
  await expect.poll(channels, inTime).toEqual([]);
});

test('grants a waiter the whole TTL: the server counts its sharded subscription', async () => {
  const [ours, theirs] = [await cluster.lock(), await cluster.lock()];
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

describe('with three locks that contend for four keys', () => {
  interface Held {
    readonly token: bigint;
    readonly from: number;
    readonly to: number;
  }

  /** Each lock's callers take each key in turn, while something happens to the cluster. @returns who held which key. */
  async function contend(keys: readonly string[], turns: number, disturb: () => Promise<void>) {
    const locks = await Promise.all([1, 2, 3].map(() => cluster.lock()));
    const held = new Map<string, Held[]>(keys.map((key) => [key, []]));
    let isOver = false;
    const caller = async (key: string, lock: (typeof locks)[number]) => {
      // At least so many turns, and on until nothing happens any more.
      for (let turn = 0; turn < turns || !isOver; turn++) {
        const lease = leaseOf(await lock.acquire(key, { waitMs: 60_000 }));
        const from = performance.now();
        await new Promise((resolve) => setTimeout(resolve, 1));
        const to = performance.now();
        expect(await lease.release()).toBe('released');
        held.get(key)?.push({ token: lease.token, from, to });
      }
    };
    const callers = keys.flatMap((key) => locks.flatMap((lock) => [caller(key, lock), caller(key, lock)]));
    const disturbed = disturb().finally(() => {
      isOver = true;
    });
    await settleAll([disturbed, ...callers]);
    return held;
  }

  function expectOneAtATime(held: ReadonlyMap<string, Held[]>, least: number): void {
    for (const [key, leases] of held) {
      expect(leases.length).toBeGreaterThanOrEqual(least);
      leases.sort((a, b) => a.from - b.from);
      const next = leases.slice(1);
      const overlapping = next.filter(({ from }, index) => from < (leases[index]?.to ?? 0));
      const falling = next.filter(({ token }, index) => token <= (leases[index]?.token ?? 0n));
      expect({ key, overlapping, falling }).toEqual({ key, overlapping: [], falling: [] });
    }
  }

  test('has one holder at a time, and serves everyone, while slots move', async () => {
    const keys = [1, 2, 3, 4].map(() => newKey());
    const held = await contend(keys, 5, async () => {
      for (const key of keys) await (await cluster.beginMove(key)).finish();
    });
    expectOneAtATime(held, 30);
  });

  test('has one holder at a time, and serves everyone, while a replica takes over', async () => {
    const keys = [1, 2, 3, 4].map(() => newKey());
    const held = await contend(keys, 5, () => cluster.failOver(keys[0] ?? ''));
    expectOneAtATime(held, 30);
  });
});

test('a lock is unavailable while its slot stays half moved, and can be taken afterwards', async () => {
  const lock = await cluster.lock();
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

test('while a master is frozen, locks of the others go on; its own go to the replica that takes over', async () => {
  const lock = await cluster.lock({ nodeTimeoutMs: 300 });
  const rival = await cluster.lock({ nodeTimeoutMs: 300 });
  const key = newKey();
  const { id } = await cluster.masterOf(key);
  let other = newKey();
  while ((await cluster.masterOf(other)).id === id) other = newKey();
  const lease = await hold(lock, key);
  const { takeOver } = await cluster.freezeMaster(key);
  expect((await rival.acquire(key)).outcome).toBe('unavailable');
  const elsewhere = await hold(rival, other); // at once: only one server is silent
  expect(await elsewhere.release()).toBe('released');
  await takeOver();
  await expect.poll(async () => (await rival.acquire(key)).outcome, inTime).toBe('busy');
  expect(await lease.extend()).toBe('extended');
  const waiting = hold(rival, key, { waitMs: 60_000 });
  await expect.poll(async () => (await inspectLocks(await cluster.open(), [key]))[0]?.waiting, inTime).toBe(1);
  expect(await lease.release()).toBe('released');
  const next = await waiting;
  expect(next.token).toBeGreaterThan(lease.token);
  expect(await next.release()).toBe('released');
});

test('shows who holds locks in different slots', async () => {
  const lock = await cluster.lock();
  const keys = [newKey(), newKey(), newKey()];
  const leases = await Promise.all(keys.map((key) => hold(lock, key)));
  const found = await inspectLocks(await cluster.open(), [...keys, 'free']);
  expect(found.map(({ key }) => key)).toEqual(keys);
  for (const lease of leases) await lease.release();
});

test('a connection to a single server of a cluster says that the lock needs a client of the cluster', async () => {
  const { server } = await cluster.masterOf('plain');
  const plain = new Redis(server.url);
  const lock = createRedisLock(plain, { nodeTimeoutMs: 30_000 });
  onTestFinished(async () => {
    await lock.close();
    plain.disconnect();
  });
  const answers = await Promise.all(Array.from({ length: 50 }, () => lock.acquire(newKey())));
  const causes = answers.flatMap((answer) => (answer.outcome === 'unavailable' ? [answer.cause.message] : []));
  expect(causes.length).toBeGreaterThan(0);
  for (const cause of causes) expect(cause).toMatch(/belongs to a Redis Cluster.*\(MOVED \d+/);
});
