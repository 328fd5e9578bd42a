import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { openRedis } from '../../app/redis/connection.ts';
import { createRedisLock, createRedlock } from '../../app/redis-lock/index.ts';
import { hold, inTime, leaseOf, newKey } from './leases.ts';
import { useRedisPool } from './redis-pool.ts';

const pool = useRedisPool(1, { 'enable-debug-command': 'yes' });

/** Only a hang takes that long: no test here is about a slow server. */
const patient = { ttlMs: 60_000, nodeTimeoutMs: 30_000 };

describe('the lock on a real Redis', () => {
  test('works on a connection with stringNumbers', async () => {
    const { url } = pool.server;
    const [redis, rival] = [await pool.connect(url), await pool.redisLock()];
    const withStrings = redis.duplicate({ stringNumbers: true });
    onTestFinished(() => withStrings.disconnect());
    await vi.waitFor(() => withStrings.ping(), inTime);
    const lock = createRedisLock(withStrings, patient);
    onTestFinished(() => lock.close());
    const key = newKey();
    const lease = await hold(lock, key);
    const refused = await rival.acquire(key);
    expect(refused.outcome).toBe('busy');
    expect(await lease.extend()).toBe('extended');
    const waiting = lock.acquire(key, { waitMs: 60_000 });
    expect(await lease.release()).toBe('released');
    const next = leaseOf(await waiting);
    expect(next.token).toBeGreaterThan(lease.token);
    const behind = rival.acquire(key, { waitMs: 60_000 });
    await pool.untilQueued(1);
    expect(await lock.acquire(key)).toMatchObject({ outcome: 'busy', retryAfterMs: expect.any(Number) });
    expect(await next.release()).toBe('released');
    await leaseOf(await behind).release();
  });

  test('rejects a connection with a keyPrefix, and Redlock on two nodes', async () => {
    const redis = await pool.connect();
    const prefixed = redis.duplicate({ keyPrefix: 'app:', lazyConnect: true });
    onTestFinished(() => prefixed.disconnect());
    expect(() => createRedisLock(prefixed)).toThrow(TypeError);
    expect(() => createRedlock([redis, redis])).toThrow(RangeError);
  });

  test('does not resend a request without a caller', async () => {
    const lock = await pool.redisLock();
    await pool.observer.script('FLUSH');
    const caller = new AbortController();
    const asking = lock.acquire(newKey(), { waitMs: 60_000, signal: caller.signal });
    caller.abort();
    expect((await asking).outcome).toBe('aborted');
    await lock.close();
    expect(await pool.leftovers()).toEqual([]);
  });
});

describe('a Redis that refuses commands', () => {
  test('is unavailable while loading, and used again afterwards', async () => {
    const lock = await pool.redisLock({ nodeTimeoutMs: 10_000 });
    const other = await pool.connect();
    await (await hold(lock, newKey())).release(); // it knows the scripts by now
    // So that loading takes a while, and commands are answered meanwhile.
    for (let key = 0; key < 400; key++) await pool.observer.set(`data-${key}`, 'x'.repeat(100));
    await pool.observer.config('SET', 'key-load-delay', '5000');
    await pool.observer.config('SET', 'loading-process-events-interval-bytes', '1024');
    const reloaded = pool.observer.call('DEBUG', 'RELOAD');
    await vi.waitFor(async () => {
      const refused = await lock.acquire(newKey());
      expect(refused.outcome === 'unavailable' && refused.cause.message).toContain('LOADING');
    }, inTime);
    await other.config('SET', 'key-load-delay', '0');
    await reloaded;
    await vi.waitFor(async () => (await hold(lock, newKey())).release(), inTime);
  });

  /** A connection of a user with these rules. */
  async function connectAs(...rules: string[]) {
    const user = newKey();
    await pool.observer.call('ACL', 'SETUSER', user, 'on', '>secret', '+@all', ...rules);
    onTestFinished(async () => void (await pool.observer.call('ACL', 'DELUSER', user)));
    const url = new URL(pool.server.url);
    Object.assign(url, { username: user, password: 'secret' });
    const redis = openRedis({ url: url.href, timeoutMs: 30_000, warn: () => {} });
    onTestFinished(() => redis.disconnect());
    await vi.waitFor(() => redis.ping(), inTime);
    return redis;
  }

  test('is unavailable to a user without access to the key', async () => {
    const lock = createRedisLock(await connectAs('~other:*', '&*'), patient);
    onTestFinished(() => lock.close());
    const refused = await lock.acquire(newKey(), { waitMs: 10 });
    expect(refused.outcome === 'unavailable' && refused.cause.message).toContain('NOPERM');
  });

  test('serves a waiter that may not subscribe, without reconnecting', async () => {
    const lock = createRedisLock(await connectAs('~*', 'resetchannels'), patient);
    onTestFinished(() => lock.close());
    const holder = await pool.redisLock();
    const key = newKey();
    const lease = await hold(holder, key);
    const waiting = lock.acquire(key, { waitMs: 60_000 });
    await pool.untilQueued(1);
    const connections = async () =>
      Number(/total_connections_received:(\d+)/.exec(await pool.observer.info('stats'))?.[1]);
    const denied = async () => JSON.stringify(await pool.observer.call('ACL', 'LOG'));
    await expect.poll(denied, inTime).toContain('redis-lock:');
    const before = await connections();
    await lease.release();
    const next = leaseOf(await waiting);
    expect(next.token).toBeGreaterThan(lease.token);
    expect((await holder.acquire(key)).outcome).toBe('busy');
    expect(await connections()).toBe(before);
    expect(await next.release()).toBe('released');
  });
});
