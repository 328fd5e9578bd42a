import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { lockClientOf } from '../../app/redis-lock/adapters/lock-client.ts';
import { createRedisLock } from '../../app/redis-lock/index.ts';
import { startProxy, type TcpProxy } from '../../app/testing/proxy.ts';
import { eventually, hold, inTime, leaseOf, newKey } from './leases.ts';
import { useRedisPool } from './redis-pool.ts';

const pool = useRedisPool(1);

/** Nothing that a lock does by itself may end the process that uses it. */
const unhandled: unknown[] = [];
const note = (error: unknown) => unhandled.push(error);
beforeEach(() => {
  unhandled.length = 0;
  for (const event of ['unhandledRejection', 'uncaughtException']) process.on(event, note);
});
afterEach(async () => {
  await new Promise(setImmediate); // every rejection is known by then
  for (const event of ['unhandledRejection', 'uncaughtException']) process.removeListener(event, note);
  expect(unhandled).toEqual([]);
});

const killAll = (type: 'normal' | 'pubsub') => pool.observer.call('CLIENT', 'KILL', 'TYPE', type);

describe.each([
  { mishap: 'Redis has forgotten its scripts', strike: () => pool.observer.script('FLUSH') },
  { mishap: 'every connection is killed', strike: () => killAll('normal') },
  { mishap: 'every subscriber is killed', strike: () => killAll('pubsub') },
])('$mishap', ({ strike }) => {
  async function twoLocks() {
    const connections = [await pool.connect(), await pool.connect()] as const;
    const [ours, theirs] = connections.map((redis) => createRedisLock(redis, { ttlMs: 60_000, nodeTimeoutMs: 10_000 }));
    if (!ours || !theirs) throw new Error('there are no two locks');
    onTestFinished(async () => void (await Promise.all([ours.close(), theirs.close()])));
    /** Until what was killed has connected itself again. */
    const recovered = async () => {
      for (const redis of connections) await vi.waitFor(() => redis.ping(), inTime);
    };
    return { ours, theirs, recovered };
  }

  test.each(['before', 'after'])('serves waiters %s a release', async (when) => {
    const { ours, theirs, recovered } = await twoLocks();
    const key = newKey();
    const lease = await hold(theirs, key);
    const turns = [1, 2, 3].map(async () => leaseOf(await ours.acquire(key, { waitMs: 60_000 })).release());
    await pool.untilQueued(1);
    if (when === 'after') {
      expect(await lease.release()).toBe('released');
      await strike();
    } else {
      await strike();
      await recovered();
      expect(await lease.release()).toBe('released');
    }
    await Promise.all(turns);
    await expect.poll(() => pool.leftovers(), inTime).toEqual([]);
  });

  test('extends and releases a held lease', async () => {
    const { ours, recovered } = await twoLocks();
    const lease = await hold(ours, newKey());
    await strike();
    await recovered();
    expect(await lease.extend()).toBe('extended');
    await strike();
    await recovered();
    expect(await lease.release()).toBe('released');
  });
});

test('loses a lease to an empty restart; the next token is greater', async () => {
  const [ours, theirs] = [await pool.redisLock(), await pool.redisLock()];
  const key = newKey();
  const lease = await hold(theirs, key);
  const waiting = ours.acquire(key, { waitMs: 60_000 });
  await pool.untilQueued(1);
  pool.server.kill('SIGKILL');
  await pool.server.ended();
  await pool.server.start();
  const waited = await waiting;
  expect(waited.outcome).toMatch(/^(acquired|unavailable)$/);
  const next = waited.outcome === 'acquired' ? waited.lease : await eventually(ours, key);
  expect(next.token).toBeGreaterThan(lease.token);
  expect(await lease.extend()).toBe('lost');
  expect(await lease.release()).toBe('expired');
  expect(await next.release()).toBe('released');
  await expect.poll(() => pool.leftovers(), inTime).toEqual([]);
});

test('a Redis whose writes are paused is unavailable, and keeps no key afterwards', async () => {
  const lock = await pool.redisLock({ ttlMs: 60_000, nodeTimeoutMs: 100 });
  const key = newKey();
  await pool.observer.client('PAUSE', 60_000, 'WRITE');
  expect(await lock.acquire(key, { waitMs: 60_000 })).toEqual({ outcome: 'unavailable', cause: expect.any(Error) });
  await pool.observer.client('UNPAUSE');
  await (await eventually(lock, key)).release();
  await expect.poll(() => pool.leftovers(), inTime).toEqual([]);
});

/** From now on no answer comes back on the connections that there are. */
function swallowAnswers(proxy: TcpProxy): void {
  const silent = new Set<number>();
  let isOver = false;
  proxy.filter = ({ from, connection }) => {
    if (from === 'client') return 'pass';
    if (!isOver) silent.add(connection);
    isOver = true;
    return silent.has(connection) ? 'drop' : 'pass';
  };
}
/** The connection breaks when the next answer is due. */
function breakAtAnswer(proxy: TcpProxy): void {
  proxy.filter = ({ from }) => {
    if (from === 'client') return 'pass';
    proxy.filter = () => 'pass';
    proxy.cut();
    return 'drop';
  };
}

test.each([
  { loss: 'swallowed', lose: swallowAnswers },
  { loss: 'cut off with its connection', lose: breakAtAnswer },
])('an answer that is $loss does not lock out its caller', async ({ lose }) => {
  const proxy = await startProxy(pool.server.url);
  onTestFinished(() => proxy.close());
  // A connection that has fallen silent is given up after twice its timeout.
  const lock = await pool.redisLock({ ttlMs: 600_000, nodeTimeoutMs: 200 }, `redis://127.0.0.1:${proxy.port}`, 200);
  const key = newKey();
  lose(proxy);
  expect((await lock.acquire(key)).outcome).toBe('unavailable');
  await (await eventually(lock, key)).release();
  await expect.poll(() => pool.leftovers(), inTime).toEqual([]);
});

test('close does not wait for a connection that is closed while it reconnects', async () => {
  const proxy = await startProxy(pool.server.url);
  onTestFinished(() => proxy.close());
  const redis = await pool.connect(`redis://127.0.0.1:${proxy.port}`);
  const lock = createRedisLock(redis, { nodeTimeoutMs: 600_000 }); // longer than the test may take
  const lease = await hold(lock, newKey());
  await proxy.close();
  expect(await lease.release()).toBe('expired'); // it did not arrive
  await expect.poll(() => redis.status, inTime).toBe('reconnecting');
  redis.disconnect();
  await lock.close();
});

test('a connection that is closed while it reconnects, and opened again, sends what was left', async () => {
  const proxy = await startProxy(pool.server.url);
  onTestFinished(() => proxy.close());
  const redis = await pool.connect(`redis://127.0.0.1:${proxy.port}`);
  const lock = createRedisLock(redis, { ttlMs: 600_000, nodeTimeoutMs: 30_000 });
  onTestFinished(() => lock.close());
  const [first, second] = [await hold(lock, newKey()), await hold(lock, newKey())];
  await proxy.close();
  expect(await first.release()).toBe('expired'); // it did not arrive
  await expect.poll(() => redis.status, inTime).toBe('reconnecting');
  redis.disconnect();
  expect(await second.release()).toBe('expired');
  redis.options.port = Number(new URL(pool.server.url).port);
  await redis.connect();
  expect(lockClientOf(redis).isClosed).toBe(false);
  await expect.poll(() => pool.leftovers(), inTime).toEqual([]);
});
