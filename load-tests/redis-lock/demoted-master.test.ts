import { expect, onTestFinished, test, vi } from 'vitest';
import type { DistributedLock } from '../../app/redis-lock/index.ts';
import type { TcpProxy } from '../../app/testing/proxy.ts';
import { hold, inTime, newKey } from './leases.ts';
import { at, useRedisPool } from './redis-pool.ts';
import { makeReplica, moveAddress, promote, startAddress } from './replicas.ts';

const pool = useRedisPool(2, { 'repl-diskless-sync-delay': '0' });

/** A lock whose Redis has become a replica, at an address that still leads to it. */
async function demotedLock(): Promise<{ lock: DistributedLock; address: TcpProxy }> {
  await makeReplica(pool, 1, 0);
  const address = await startAddress(pool, 0);
  const lock = await pool.redisLock({ nodeTimeoutMs: 500 }, `redis://127.0.0.1:${address.port}`, 500);
  const lease = await vi.waitFor(() => hold(lock, newKey()), inTime);
  await lease.release();
  await promote(pool, 1);
  await makeReplica(pool, 0, 1);
  return { lock, address };
}

test('leaves a demoted master once its address moves', async () => {
  const { lock, address } = await demotedLock();
  const key = newKey();
  for (let tries = 0; tries < 5; tries++) expect((await lock.acquire(key)).outcome).toBe('unavailable');
  moveAddress(pool, address, 1);
  await vi.waitFor(() => hold(lock, key), inTime);
  const rival = await pool.redisLock({}, at(pool.servers, 1).url);
  expect((await rival.acquire(key)).outcome).toBe('busy');
});

test('reconnects at a bounded rate while its master is demoted', async () => {
  const { lock, address } = await demotedLock();
  const warnings: Error[] = [];
  const note = (warning: Error) => void warnings.push(warning);
  process.on('warning', note);
  onTestFinished(() => void process.off('warning', note));
  const connections = new Set<number>();
  address.filter = ({ connection }) => {
    connections.add(connection);
    return 'pass';
  };
  const startedAt = performance.now();
  const outcomes = new Set<string>();
  // More refusals at once than an emitter may have listeners, again and again until the connection was made anew.
  await vi.waitFor(async () => {
    const burst = await Promise.all(Array.from({ length: 50 }, () => lock.acquire(newKey())));
    for (const { outcome } of burst) outcomes.add(outcome);
    expect(connections.size).toBeGreaterThan(2);
  }, inTime);
  // A slow machine has more time for them: timers may be late, and are not early.
  expect(connections.size).toBeLessThanOrEqual(2 + (performance.now() - startedAt) / 500);
  expect([...outcomes]).toEqual(['unavailable']);
  expect(warnings).toEqual([]);
});
