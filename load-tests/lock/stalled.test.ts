import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startProxy, type TcpProxy } from '../faults/proxy.ts';
import { eventually, hold, newKey, timed } from './leases.ts';
import { useRedisPool } from './redis-pool.ts';

const pool = useRedisPool(1);

/** Ways in which a Redis does not answer for a while, and then does all that it was asked. */
const stalls = [
  {
    stall: 'a Redis that is paused',
    async during<T>(ms: number, action: () => Promise<T>): Promise<T> {
      await pool.observer.client('PAUSE', ms, 'ALL');
      return action();
    },
  },
  {
    stall: 'a Redis that is frozen',
    async during<T>(ms: number, action: () => Promise<T>): Promise<T> {
      pool.freeze([0]);
      const thaw = setTimeout(() => pool.thaw([0]), ms);
      onTestFinished(() => clearTimeout(thaw));
      return action();
    },
  },
];

describe.each(stalls)('$stall', ({ during }) => {
  test.each([0, 10_000])(
    'is unavailable within the node timeout, to whoever would wait %i ms, and keeps nothing',
    async (waitMs) => {
      const lock = await pool.redisLock({ ttlMs: 10_000, nodeTimeoutMs: 100 });
      const key = newKey();
      const { value, tookMs } = await during(300, () => timed(() => lock.acquire(key, { waitMs })));
      expect(value).toEqual({ outcome: 'unavailable', cause: expect.any(Error) });
      expect(tookMs).toBeLessThan(600);
      // The SET that was held up takes effect at the end of the stall: it must be taken back long before its TTL.
      await sleep(Math.max(0, 300 - tookMs));
      await expect.poll(() => pool.leftovers(), { timeout: 2000 }).toEqual([]);
      expect((await lock.acquire(key, { waitMs: 1000 })).outcome).toBe('acquired');
    },
  );

  test('grants nothing that has run out by the time the answer comes', async () => {
    const lock = await pool.redisLock({ ttlMs: 80, nodeTimeoutMs: 5000 });
    const key = newKey();
    const acquisition = await during(200, () => lock.acquire(key));
    expect(acquisition.outcome).toMatch(/^(unavailable|busy)$/);
    await expect.poll(() => pool.leftovers(), { timeout: 1000 }).toEqual([]);
    expect((await lock.acquire(key, { waitMs: 1000 })).outcome).toBe('acquired');
  });

  test('ends the lease of its holder by the local deadline, and a release does not wait for it', async () => {
    const lock = await pool.redisLock({ ttlMs: 300, nodeTimeoutMs: 150 });
    const lease = await hold(lock, newKey());
    const heldAt = performance.now();
    await during(550, async () => {
      await new Promise((resolve) => lease.signal.addEventListener('abort', resolve));
      expect(performance.now() - heldAt).toBeLessThan(300 + 250);
      expect(lease.validForMs()).toBe(0);
      const { value, tookMs } = await timed(() => lease.release());
      expect(value).toBe('expired');
      expect(tookMs).toBeLessThan(150 + 150);
    });
    await expect.poll(() => pool.leftovers(), { timeout: 2000 }).toEqual([]);
  });
});

/** From now on no answer comes back. @returns what heals it, for connections made from then on. */
function swallowAnswers(proxy: TcpProxy): () => void {
  const silent = new Set<number>();
  proxy.filter = ({ from, connection }) => {
    if (from === 'client') return 'pass';
    silent.add(connection);
    return 'drop';
  };
  return () => {
    proxy.filter = ({ from, connection }) => (from === 'server' && silent.has(connection) ? 'drop' : 'pass');
  };
}
/** The connection breaks the moment that the next answer is due. */
function breakAtAnswer(proxy: TcpProxy): () => void {
  const heal = () => {
    proxy.filter = () => 'pass';
  };
  proxy.filter = ({ from }) => {
    if (from === 'client') return 'pass';
    heal();
    proxy.cut();
    return 'drop';
  };
  return heal;
}

describe.each([
  { loss: 'swallowed', lose: swallowAnswers },
  { loss: 'cut off with its connection', lose: breakAtAnswer },
])('an answer that is $loss', ({ lose }) => {
  async function throughProxy() {
    const proxy = await startProxy(pool.server.url);
    onTestFinished(() => proxy.close());
    // A connection that has fallen silent is given up after twice its timeout.
    const lock = await pool.redisLock({ ttlMs: 20_000, nodeTimeoutMs: 200 }, `redis://127.0.0.1:${proxy.port}`, 200);
    return { proxy, lock };
  }

  test('does not lock out the caller whose key it was: its retry is let in, long before the TTL', async () => {
    const { proxy, lock } = await throughProxy();
    const key = newKey();
    const heal = lose(proxy);
    const lost = await lock.acquire(key);
    heal();
    if (lost.outcome === 'acquired')
      await lost.lease.release(); // it may have asked again, and found the key its own
    else expect(lost.outcome).toBe('unavailable');
    const lease = await eventually(lock, key);
    expect(lease.validForMs()).toBeGreaterThan(15_000);
    expect(await lease.release()).toBe('released');
    await expect.poll(() => pool.leftovers(), { timeout: 1000 }).toEqual([]);
  });

  test('leaves no key behind, when nobody ever asks for it again', async () => {
    const { proxy, lock } = await throughProxy();
    const heal = lose(proxy);
    const lost = await lock.acquire(newKey());
    heal();
    if (lost.outcome === 'acquired') await lost.lease.release();
    await expect.poll(() => pool.leftovers(), { timeout: 4000 }).toEqual([]);
  });

  test('of a release: the key is free soon, and whoever comes next is let in', async () => {
    const { proxy, lock } = await throughProxy();
    const next = await pool.redisLock();
    const key = newKey();
    const lease = await hold(lock, key);
    lose(proxy);
    const { tookMs } = await timed(() => lease.release());
    expect(tookMs).toBeLessThan(600);
    expect((await next.acquire(key, { waitMs: 4000 })).outcome).toBe('acquired');
  });
});
