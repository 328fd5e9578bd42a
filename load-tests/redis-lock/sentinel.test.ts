import { createSentinel } from 'redis';
import { expect, onTestFinished, test, vi } from 'vitest';
import { nodeRedisClient } from '../../app/redis-lock/adapters/node-redis.ts';
import { createRedisLock, type LockOptions } from '../../app/redis-lock/index.ts';
import { watchedName } from '../stack/servers/sentinel.ts';
import { hold, inTime, newKey } from './leases.ts';
import { at, useRedisPool } from './redis-pool.ts';
import { makeReplica, watchBySentinel } from './replicas.ts';

const pool = useRedisPool(2, { 'repl-diskless-sync-delay': '0' });
const [oldMaster, newMaster] = [0, 1];

/** @param url of a Sentinel. */
async function nodeRedisLock(options: LockOptions, url: string) {
  const { hostname: host, port } = new URL(url);
  const sentinel = createSentinel({ name: watchedName, sentinelRootNodes: [{ host, port: Number(port) }] });
  sentinel.on('error', () => {}); // the old master closes its connections
  await sentinel.connect();
  const lock = createRedisLock(nodeRedisClient(sentinel), options);
  onTestFinished(async () => {
    await lock.close();
    sentinel.destroy();
  });
  return lock;
}

const libraries = [
  {
    library: 'ioredis',
    open: (options: LockOptions, url: string) =>
      pool.redisLock(options, `redis+sentinel://${new URL(url).host}/${watchedName}`),
  },
  { library: 'redis', open: nodeRedisLock },
];

test.each(libraries)('goes to the new master behind Sentinels, with its waiters, by $library', async ({ open }) => {
  await makeReplica(pool, newMaster, oldMaster);
  const sentinel = await watchBySentinel(pool, oldMaster, newMaster);
  const options = { ttlMs: 60_000, nodeTimeoutMs: 10_000 };
  const [holder, waiter] = [await open(options, sentinel.url), await open(options, sentinel.url)];
  const key = newKey();
  const lease = await hold(holder, key);
  const waiting = waiter.acquire(key, { waitMs: 60_000 });
  await pool.untilQueued(1);
  // The replica has all that the locks have written: a Sentinel does not wait for that.
  const master = at(pool.observers, oldMaster);
  await master.set('written-last', '1');
  await expect.poll(() => master.wait(1, 1000), inTime).toBe(1);
  await sentinel.switchOver();
  await sentinel.promoted();
  await sentinel.demoted(); // the old master refuses writes from here on
  // Both connections are lost, and a waiter rides that out for as long as a node may take to answer.
  const next = async () => {
    const { outcome } = await waiter.acquire(key);
    expect(outcome).toBe('busy');
  };
  await vi.waitFor(next, inTime);
  expect(await at(pool.observers, newMaster).exists(key)).toBe(1);
  expect(await lease.extend()).toBe('extended');
  expect(await lease.release()).toBe('released');
  const acquisition = await waiting;
  const waited = acquisition.outcome === 'acquired' ? acquisition.lease : await hold(waiter, key, { waitMs: 60_000 });
  expect(waited.token).toBeGreaterThan(lease.token);
  expect(await waited.release()).toBe('released');
});
