import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createRedisLock } from '../../app/redis-lock/index.ts';
import { startProxy } from '../../app/testing/proxy.ts';
import { hold, newKey } from './leases.ts';
import { useRedisPool } from './redis-pool.ts';

const pool = useRedisPool(1);
const nodeTimeoutMs = 200;
/** The pause before an extension that had no answer is sent again, at the longest. */
const retryMs = 50;

/**
 * Longer than the test takes on any machine. The fault is the same with 1 s and 10 s: the holder before asked for less
 * than the present one.
 */
const [ownTtlMs, nextTtlMs, nextExtendedMs] = [200_000, 140_000, 2_000_000];

test('is valid no longer than Redis keeps it despite a late extension', { timeout: 60_000 }, async () => {
  const proxy = await startProxy(pool.server.url);
  onTestFinished(() => proxy.close());
  const redis = await pool.connect(`redis://127.0.0.1:${proxy.port}`, 60_000);
  // The lock's timers fire when the test says so, and so decide what is sent after what. The clock goes on.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const lock = createRedisLock(redis, { ttlMs: nextExtendedMs, nodeTimeoutMs });
  const key = newKey();
  // Both before the grant: only then is the second one's turn within the process.
  const holding = hold(lock, key);
  const waiting = hold(lock, key, { waitMs: 600_000, ttlMs: nextTtlMs });
  const own = await holding;

  proxy.filter = ({ from }) => (from === 'client' ? 'hold' : 'pass');
  void own.extend(ownTtlMs);
  await sleep(nodeTimeoutMs + 1);
  vi.advanceTimersByTime(nodeTimeoutMs + 1); // no answer in time: to be sent again
  expect(await own.release()).toBe('released');
  const next = await waiting;
  expect(next.token).toBe(own.token + 1n); // from the same grant: handed over without asking Redis

  proxy.filter = () => 'pass';
  proxy.release();
  await redis.ping(); // Redis has answered the first request by now
  expect(await next.extend(nextExtendedMs)).toBe('extended');
  vi.advanceTimersByTime(retryMs);
  await redis.ping(); // and all that was sent since

  const keptForMs = await pool.observer.pttl(key);
  const validForMs = next.validForMs(); // looked at after Redis: time that passes in between makes it less
  expect(validForMs).toBeGreaterThan(0);
  expect(validForMs, 'what the holder believes in').toBeLessThanOrEqual(keptForMs);
  expect(await next.release()).toBe('released');
  await lock.close();
});
