import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createRedisLock, createRedlock, type Lease } from '../../app/redis-lock/index.ts';
import { startProxy } from '../faults/proxy.ts';
import { aborted, hold, newKey, timed } from './leases.ts';
import { useRedisPool } from './redis-pool.ts';

const pool = useRedisPool(5);

const rival = 'somebody-else';
/** On every Redis that the lock uses, the key becomes somebody else's. */
async function steal(key: string): Promise<void> {
  for (const observer of pool.observers) await observer.multi().del(key).set(key, rival, 'PX', 60_000).exec();
}
async function remove(key: string): Promise<void> {
  for (const observer of pool.observers) await observer.del(key);
}
const stealAndLeave = (key: string) => steal(key).then(() => remove(key));
const holders = (key: string) => Promise.all(pool.observers.map((observer) => observer.get(key)));

describe.each(pool.kinds)('a lock on $kind', ({ create, nodes }) => {
  describe.each([
    { fate: 'stolen by a rival', befall: steal, left: rival },
    { fate: 'stolen by a rival that has gone since', befall: stealAndLeave, left: null },
    { fate: 'deleted', befall: remove, left: null },
  ])('$fate', ({ befall, left }) => {
    test('cannot be extended: the holder is told, its signal aborts, and nothing is left changed', async () => {
      const key = newKey();
      const lease = await hold(await create(), key);
      await befall(key);
      expect(await lease.extend()).toBe('lost');
      expect(lease.signal.aborted).toBe(true);
      expect(lease.validForMs()).toBe(0);
      expect(await lease.extend()).toBe('lost');
      // On five nodes, what an extension has put back must be taken away again when it turns out to be in vain.
      await expect.poll(() => holders(key), { timeout: 1000 }).toEqual(Array(5).fill(left));
      expect(await lease.release()).toBe('expired');
      await sleep(20);
      expect(await holders(key)).toEqual(Array(5).fill(left));
    });

    test('is not released: the answer is expired, and the rival’s lock stays', async () => {
      const key = newKey();
      const lease = await hold(await create(), key);
      await befall(key);
      expect(await lease.release()).toBe('expired');
      expect(await lease.release()).toBe('expired');
      expect(await holders(key)).toEqual(Array(5).fill(left));
    });
  });

  test('that nobody extends ends its signal by the deadline, stolen or not', async () => {
    const key = newKey();
    const lease = await hold(await create({ ttlMs: 250 }), key);
    const startedAt = performance.now();
    await steal(key);
    await aborted(lease.signal, 1000);
    expect(performance.now() - startedAt).toBeLessThan(250 + 250);
    expect(lease.validForMs()).toBe(0);
  });

  test('that is extended by itself notices the theft long before its deadline', async () => {
    const key = newKey();
    const lease = await hold(await create({ ttlMs: 1200, autoExtend: true }), key);
    await steal(key);
    await aborted(lease.signal, 900);
    expect(await holders(key)).toEqual(Array(5).fill(rival));
  });

  test('that has run out while nobody else came is lost all the same', async () => {
    const key = newKey();
    const lease = await hold(await create({ ttlMs: 100 }), key);
    await sleep(150);
    expect(lease.signal.aborted).toBe(true);
    expect(await lease.extend(5000)).toBe('lost');
    expect(await pool.leftovers()).toEqual([]);
    expect(await lease.release()).toBe('expired');
  });

  test('that a rival of the same kind has taken over after the deadline is never the late holder’s again', async () => {
    const key = newKey();
    const late = await hold(await create({ ttlMs: 100 }), key);
    const taker = await hold(await create({ ttlMs: 5000 }), key, { waitMs: 2000 });
    expect(taker.token).toBeGreaterThan(late.token);
    expect(await late.extend()).toBe('lost');
    expect(await late.release()).toBe('expired');
    expect(await taker.extend()).toBe('extended');
    expect((await (await create()).acquire(key)).outcome).toBe('busy');
    expect(await taker.release()).toBe('released');
  });

  test('that is released as expired has asked each node once, and no more', async () => {
    const proxies = await Promise.all(pool.servers.slice(0, nodes).map(({ url }) => startProxy(url)));
    onTestFinished(() => void Promise.all(proxies.map((proxy) => proxy.close())));
    const redises = await Promise.all(proxies.map(({ port }) => pool.connect(`redis://127.0.0.1:${port}`)));
    const lock = nodes === 1 && redises[0] ? createRedisLock(redises[0]) : createRedlock(redises);
    await (await hold(lock, newKey())).release(); // Redis knows the scripts by now
    const key = newKey();
    const lease = await hold(lock, key);
    await stealAndLeave(key);
    await sleep(20); // whatever the grant has to say after it is through
    const asked = proxies.map(() => 0);
    proxies.forEach((proxy, index) => {
      proxy.filter = ({ from }) => {
        if (from === 'client') asked[index] = (asked[index] ?? 0) + 1;
        return 'pass';
      };
    });
    expect(await lease.release()).toBe('expired');
    await sleep(20);
    expect(asked).toEqual(Array(nodes).fill(1));
    await lock.close();
  });

  describe('withLock', () => {
    const ends: { end: string; during: (key: string, lease: Lease) => Promise<unknown> }[] = [
      { end: 'it is stolen', during: (key) => steal(key) },
      { end: 'it is found out to be stolen', during: (key, lease) => steal(key).then(() => lease.extend()) },
      { end: 'it runs out', during: (_key, lease) => aborted(lease.signal, 2000) },
      { end: 'the work releases it', during: (_key, lease) => lease.release() },
      {
        end: 'every Redis freezes',
        during: async () => {
          pool.freeze();
        },
      },
    ];
    describe.each(ends)('when $end before the work ends', ({ during }) => {
      test('hands on its value', async () => {
        const [lock, key] = [await create({ ttlMs: 250, nodeTimeoutMs: 100 }), newKey()];
        const done = lock.withLock(key, async (lease) => {
          await during(key, lease);
          return 'its value';
        });
        expect(await done).toEqual({ outcome: 'done', value: 'its value' });
      });

      test('throws its own error', async () => {
        const [lock, key] = [await create({ ttlMs: 250, nodeTimeoutMs: 100 }), newKey()];
        const broken = new Error('the work has failed');
        const done = lock.withLock(key, async (lease) => {
          await during(key, lease);
          throw broken;
        });
        await expect(done).rejects.toBe(broken);
      });
    });

    test('says why it did not begin, and the work has not run', async () => {
      const [ours, theirs] = [await create(), await create()];
      const key = newKey();
      await using _lease = await hold(theirs, key);
      let ran = false;
      const work = async () => {
        ran = true;
      };
      expect((await ours.withLock(key, work)).outcome).toBe('busy');
      expect((await ours.withLock(key, work, { signal: AbortSignal.abort() })).outcome).toBe('aborted');
      const { value, tookMs } = await timed(() => ours.withLock(key, work, { waitMs: 100 }));
      expect(value.outcome).toBe('busy');
      expect(tookMs).toBeLessThan(400);
      expect(ran).toBe(false);
    });
  });
});
