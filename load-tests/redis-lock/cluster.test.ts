import type { EventEmitter } from 'node:events';
import { type Cluster, Redis } from 'ioredis';
import { expect, onTestFinished, test, vi } from 'vitest';
import { openRedis } from '../../app/redis/connection.ts';
import { slotOf } from '../../app/redis-lock/adapters/slot.ts';
import { createRedisLock, inspectLocks } from '../../app/redis-lock/index.ts';
import { lockKeys } from '../../app/redis-lock/src/keys.ts';
import { call, heldRequest, newUser, sendPayment } from '../../app/testing/client.ts';
import { listen } from '../../app/testing/event-stream.ts';
import { readyInstance } from '../../app/testing/instance.ts';
import { hold, inTime, newKey } from './leases.ts';
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
  const lock = createRedisLock(plain, { nodeTimeoutMs: 30_000, ttlMs: 1000 }); // for as long it tries to release what was refused
  onTestFinished(async () => {
    await lock.close();
    plain.disconnect();
  });
  const answers = await Promise.all(Array.from({ length: 50 }, () => lock.acquire(newKey())));
  const causes = answers.flatMap((answer) => (answer.outcome === 'unavailable' ? [answer.cause.message] : []));
  expect(causes.length).toBeGreaterThan(0);
  for (const cause of causes) expect(cause).toMatch(/belongs to a Redis Cluster.*\(MOVED \d+/);
});

test('two instances on a Redis Cluster guard payments, and share the lab', async () => {
  const env = { REDIS_URL: cluster.url(), LAB: 'on', LOCK_WAIT_MS: '60000' };
  await using first = await readyInstance({ ...env, INSTANCE: 'first' });
  const withUnknownHost = cluster.url().replace('//', '//no-such-host.invalid,'); // the first one
  await using second = await readyInstance({ ...env, INSTANCE: 'second', REDIS_URL: withUnknownHost });
  const { url } = second;
  // An instance is ready before each of its two clients is connected to each server.
  const boards = () => Promise.all([first, second].map(({ url }) => call('/lab/steps/none', { url })));
  await expect.poll(async () => (await boards()).map(({ status }) => status), inTime).toEqual([200, 200]);
  await using trace = await listen('/lab/trace?trace=waiting', { url: first.url });
  const headers = { 'x-lock-mode': 'redis' };
  const users = await Promise.all(Array.from({ length: 6 }, () => newUser())); // their locks lie in different slots
  for (const userId of users) {
    const held = await heldRequest(userId, { url: first.url, headers });
    const waiting = sendPayment('pay', userId, { url, headers: { ...headers, 'x-lab-trace': 'waiting' } });
    const locks = async () => (await call(`/lab/locks?users=${userId}`, { url })).body.locks;
    await expect.poll(locks, inTime).toMatchObject([{ key: `PAYMENT_${userId}_4900`, on: 'redis', waiting: 1 }]);
    expect((await held.resume()).body.status).toBe('paid');
    expect((await waiting).body.status).toBe('already_paid');
    expect(await locks()).toEqual([]);
  }
  const ended = () => trace.events.filter(({ data }) => data.step === 'answered');
  await trace.until(() => ended().length === users.length);
  const instances = async () => (await call('/lab/instances', { url })).body.instances;
  await expect.poll(instances, inTime).toMatchObject([{ name: 'first' }, { name: 'second' }]);
});

test('the service reaches a cluster by servers that have become replicas', async () => {
  const { redis } = await cluster.masterOf('plain');
  const replicas = String(await redis.cluster('NODES')).matchAll(/(127\.0\.0\.1:\d+)@\d+ slave/g);
  const hosts = [...replicas].map(([, host]) => host);
  expect(hosts).toHaveLength(3);
  const url = `redis+cluster://${hosts}`;
  const client = openRedis({ url, timeoutMs: 30_000, warn: () => {} }) as Cluster;
  onTestFinished(() => client.disconnect());
  await expect.poll(() => client.status, inTime).toBe('ready');
});

test('the service’s connection to a cluster comes back, also if an old one ends while it connects again', async () => {
  const redis = openRedis({ url: cluster.url(), timeoutMs: 30_000, warn: () => {} }) as Cluster;
  onTestFinished(() => redis.disconnect());
  await expect.poll(() => redis.status, inTime).toBe('ready');
  const pool = (redis as unknown as { connectionPool: EventEmitter }).connectionPool;
  redis.once('connecting', () => pool.emit('drain')); // as the end of the last old connection does
  redis.disconnect(true);
  const get = () => redis.get(newKey()).catch(({ message }: Error) => message);
  await expect.poll(get, inTime).toBeNull();
});

test('the service’s connection to a cluster stays closed once its owner has closed it', async () => {
  const redis = openRedis({ url: cluster.url(), timeoutMs: 30_000, warn: () => {} }) as Cluster;
  onTestFinished(() => redis.disconnect());
  await expect.poll(() => redis.status, inTime).toBe('ready');
  const onConnecting = vi.fn();
  redis.on('connecting', onConnecting);
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const connections = redis.nodes('all');
  redis.disconnect();
  await expect.poll(() => connections.every(({ status }) => status === 'end'), inTime).toBe(true);
  vi.advanceTimersByTime(60_000);
  await new Promise((resolve) => setImmediate(resolve)); // ioredis emits its status in the next tick
  expect(onConnecting).not.toHaveBeenCalled();
});
