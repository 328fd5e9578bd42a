import { expect, test, vi } from 'vitest';
import type { DistributedLock } from '../../app/redis-lock/index.ts';
import type { TcpProxy } from '../../app/testing/proxy.ts';
import { eventually, hold, inTime, newKey } from './leases.ts';
import { at, useRedisPool } from './redis-pool.ts';
import { makeReplica, moveAddress, promote, startAddress, watchBySentinel } from './replicas.ts';

/**
 * After a failover the connection on which a lock listens for grants may stay on the old master, which is a replica by
 * then. PUBLISH on the new master counts no listener there, and yet the notification arrives by replication: the script
 * skips the waiter, and the waiter takes itself for the holder.
 */
const pool = useRedisPool(2, { 'repl-diskless-sync-delay': '0' });
const ttlMs = 60_000;
const [oldMaster, newMaster] = [0, 1];

/** A lock on the first server, behind an address, that has waited once: it listens for grants. */
async function listeningLock(): Promise<{ lock: DistributedLock; address: TcpProxy }> {
  await makeReplica(pool, newMaster, oldMaster);
  const address = await startAddress(pool, oldMaster);
  const lock = await pool.redisLock({ ttlMs, nodeTimeoutMs: 1500 }, `redis://127.0.0.1:${address.port}`, 1500);
  const key = newKey();
  const lease = await hold(await pool.redisLock({ ttlMs }), key);
  const waiting = eventually(lock, key, 60_000);
  await pool.untilQueued(1);
  await lease.release();
  await (await waiting).release();
  return { lock, address };
}

/** Waits until the lock can be used on the new master. */
async function untilRecovered(lock: DistributedLock): Promise<void> {
  const key = newKey();
  const lease = await vi.waitFor(() => hold(lock, key), inTime);
  expect(await at(pool.observers, newMaster).exists(key)).toBe(1);
  await lease.release();
}

/** @returns the client of an attempt's id, in a lock's key with the mark of those that wait. */
const clientOf = (id: string | null | undefined) => id?.replace('+', '').split(':')[0];

/** @returns the only client that waits for a key, on the new master. */
async function waitingClient(): Promise<string | undefined> {
  await pool.untilQueued(1);
  const master = at(pool.observers, newMaster);
  const [, [queue = '']] = await master.scan(0, 'COUNT', 10_000, 'TYPE', 'zset');
  const [id] = await master.zrange(queue, '0', '-1');
  return clientOf(id);
}

/** A holder releases the lock, and the waiter gets it: as Redis has it, too. */
async function expectOneHolder(waiter: DistributedLock): Promise<void> {
  const { url } = at(pool.servers, newMaster);
  const [holder, third] = [await pool.redisLock({ ttlMs }, url), await pool.redisLock({ ttlMs }, url)];
  const key = newKey();
  const lease = await hold(holder, key);
  const waiting = eventually(waiter, key, 60_000);
  const client = await waitingClient();
  await lease.release();
  const waited = await waiting;
  const stored = clientOf(await at(pool.observers, newMaster).get(key));
  const { outcome } = await third.acquire(key);
  expect({ valid: waited.validForMs() > 0, stored, third: outcome }).toEqual({
    valid: true,
    stored: client,
    third: 'busy',
  });
  expect(await waited.extend()).toBe('extended');
}

test('has one holder after the old master returns as a replica', async () => {
  const { lock, address } = await listeningLock();
  await pool.freeze([oldMaster]);
  await promote(pool, newMaster);
  moveAddress(pool, address, newMaster);
  await untilRecovered(lock); // what was sent to the old master had no answer in time
  pool.thaw([oldMaster]);
  await makeReplica(pool, oldMaster, newMaster);
  await expectOneHolder(lock);
});

test('has one holder after a Sentinel failover with a late address', async () => {
  const { lock, address } = await listeningLock();
  const failover = await watchBySentinel(pool, oldMaster, newMaster);
  await pool.freeze([oldMaster]);
  await failover.begin();
  await failover.promoted();
  const connections = new Set<number>();
  address.filter = ({ connection }) => {
    connections.add(connection);
    return 'pass';
  };
  pool.thaw([oldMaster]);
  // Sentinel makes it a replica and ends its clients' connections; both come back to it, as the address leads there still.
  await failover.demoted();
  await vi.waitFor(() => expect(connections.size).toBeGreaterThanOrEqual(2), inTime);
  await at(pool.observers, oldMaster).ping();
  moveAddress(pool, address, newMaster);
  await untilRecovered(lock);
  await expectOneHolder(lock);
});
