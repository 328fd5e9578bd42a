import { describe, expect, onTestFinished, test } from 'vitest';
import { createRedisLock, type LockOptions } from '../../app/redis-lock/index.ts';
import { isRefusal } from '../../app/redis-lock/src/conditional-delete.ts';
import { clients, recovered } from './clients.ts';
import { eventually, hold, inTime, leaseOf, newKey, printedUsers, refusedIn } from './leases.ts';
import { useRedisPool } from './redis-pool.ts';

const pool = useRedisPool(1);

/** What the lock needs of a client library, on a real server. */
describe.each(clients)('the lock on $library', ({ open }) => {
  async function openLock(options: LockOptions = {}) {
    const connection = await open(pool.server.url);
    await recovered(connection);
    const lock = createRedisLock(connection.client, { ttlMs: 60_000, nodeTimeoutMs: 30_000, ...options });
    onTestFinished(async () => {
      await lock.close();
      connection.close();
    });
    return { lock, connection };
  }

  test.each([true, false])('acquires, refuses, extends and releases, with fencing: %s', async (fencing) => {
    const [{ lock }, { lock: rival }] = [await openLock({ fencing }), await openLock({ fencing })];
    const key = newKey();
    for (let turn = 0; turn < 3; turn++) {
      const lease = await hold(lock, key);
      expect(lease.token > 0n).toBe(fencing);
      expect(await rival.acquire(key)).toEqual({ outcome: 'busy', retryAfterMs: expect.any(Number) });
      expect(await lease.extend(120_000)).toBe('extended');
      expect(await pool.observer.pttl(key)).toBeGreaterThan(60_000);
      expect(await lease.release()).toBe('released');
    }
    expect(await pool.leftovers()).toEqual([]);
  });

  test('notifies waiters in turn, and closes its own subscription connection', async () => {
    const [{ lock }, { lock: rival, connection }] = [await openLock(), await openLock()];
    const key = newKey();
    const lease = await hold(lock, key);
    const waiting = [1, 2].map(() => rival.acquire(key, { waitMs: 60_000 }).then(leaseOf));
    await pool.untilQueued(1);
    await lease.release();
    let last = lease.token;
    for (const next of waiting) {
      const granted = await next;
      expect(granted.token).toBeGreaterThan(last);
      last = granted.token;
      expect(await granted.release()).toBe('released');
    }
    await rival.close();
    const subscribers = () => pool.observer.call('CLIENT', 'LIST', 'TYPE', 'pubsub');
    await expect.poll(subscribers, inTime).toBe('');
    await connection.ping(); // the one that it was given stays open
  });

  test('sends a script in full after a flush of scripts', async () => {
    const { lock } = await openLock();
    const lease = await hold(lock, newKey());
    for (const answer of [() => lease.extend(), () => lease.release()]) {
      await pool.observer.script('FLUSH');
      expect(await answer()).toMatch(/^(extended|released)$/);
    }
  });

  test('goes on after its connections were killed, with a waiter and a holder', async () => {
    const [holder, waiter] = [await openLock(), await openLock()];
    const key = newKey();
    const lease = await hold(holder.lock, key);
    const waiting = waiter.lock.acquire(key, { waitMs: 60_000 });
    await pool.untilQueued(1);
    for (const type of ['normal', 'pubsub']) await pool.observer.call('CLIENT', 'KILL', 'TYPE', type);
    await recovered(holder.connection);
    expect(await lease.release()).toBe('released');
    await leaseOf(await waiting).release();
    await expect.poll(() => pool.leftovers(), inTime).toEqual([]);
  });

  test('is unavailable while the server is frozen, and keeps no key afterwards', async () => {
    const { lock } = await openLock({ nodeTimeoutMs: 100 });
    await pool.freeze();
    const key = newKey();
    expect(await lock.acquire(key, { waitMs: 60_000 })).toEqual({ outcome: 'unavailable', cause: expect.any(Error) });
    pool.thaw();
    await (await eventually(lock, key)).release();
    await expect.poll(() => pool.leftovers(), inTime).toEqual([]);
  });

  test('waits for nothing once its client is closed', async () => {
    const connection = await open(pool.server.url);
    await recovered(connection);
    const lock = createRedisLock(connection.client, { nodeTimeoutMs: 600_000 }); // longer than the test may take
    const lease = await hold(lock, newKey());
    connection.close();
    expect(await lease.release()).toBe('expired'); // it did not arrive
    await lock.close();
  });

  test('is notified as the user that the README prints', async () => {
    const [rules = []] = printedUsers();
    await pool.observer.call('ACL', ...rules);
    onTestFinished(async () => void (await pool.observer.call('ACL', 'DELUSER', 'app')));
    await pool.observer.call('ACL', 'LOG', 'RESET');
    const url = Object.assign(new URL(pool.server.url), { username: 'app', password: 'secret' }).href;
    const openAsUser = async () => {
      const { client, close } = await open(url);
      const lock = createRedisLock(client, { ttlMs: 60_000, nodeTimeoutMs: 30_000 });
      onTestFinished(async () => {
        await lock.close();
        close();
      });
      await (await eventually(lock, `PAYMENT_${newKey()}`)).release(); // it is connected
      return lock;
    };
    const [lock, rival] = [await openAsUser(), await openAsUser()];
    const key = `PAYMENT_${newKey()}`;
    const lease = await hold(lock, key);
    const waiting = rival.acquire(key, { waitMs: 60_000 });
    await pool.untilQueued(1);
    await expect.poll(() => pool.observer.call('PUBSUB', 'CHANNELS'), inTime).toHaveLength(1);
    expect(await lease.extend()).toBe('extended');
    expect(await lease.release()).toBe('released');
    expect(await leaseOf(await waiting).release()).toBe('released');
    expect(refusedIn(await pool.observer.call('ACL', 'LOG'))).toEqual([]);
  });

  test('says why a server refuses', async () => {
    const { lock } = await openLock();
    await pool.observer.config('SET', 'maxmemory', '1');
    onTestFinished(async () => void (await pool.observer.config('SET', 'maxmemory', '0')));
    const refused = await lock.acquire(newKey());
    expect(refused.outcome === 'unavailable' && refused.cause.message).toMatch(/OOM|maxmemory/);
    await pool.observer.config('SET', 'maxmemory', '0');
    await (await eventually(lock, newKey())).release();
    await pool.observer.call('ACL', 'SETUSER', 'default', 'resetkeys', '~mine');
    onTestFinished(async () => void (await pool.observer.call('ACL', 'SETUSER', 'default', '~*')));
    const forbidden = await lock.acquire('theirs');
    expect(forbidden.outcome === 'unavailable' && isRefusal(forbidden.cause)).toBe(true); // the lock knows these words
  });
});
