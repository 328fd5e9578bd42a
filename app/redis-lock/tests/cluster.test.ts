import { describe, expect } from 'vitest';
import { withRig } from '../simulation/rig.ts';
import { createLock } from '../src/lock.ts';
import { test } from './rig-test.ts';

describe('a cluster', () => {
  test.override('rigOptions', { subscribers: 'sharded' });

  test('a waiter is granted the whole TTL, as the server counts its sharded subscription', async ({ rig }) => {
    const [holder, waiter] = [await rig.join(), await rig.join()];
    const { lease, tookMs } = await rig.handOver(holder.lock, waiter.lock);
    expect(tookMs).toBe(1); // a release, and a notification
    expect(rig.pttl('k')).toBeGreaterThan(9990);
    expect(rig.holders('k')[0]).toContain(waiter.prefix);
    expect(await rig.until(lease.extend())).toBe('extended');
  });

  test('each lock that is waited for has a subscription, which ends 10 s after the last wait', async ({ rig }) => {
    const [holder, waiter] = [await rig.join({ ttlMs: 60_000 }), await rig.join()];
    const open = () => waiter.clients[0]?.subscriptions.size;
    for (const key of ['k', 'l']) await rig.hold(holder.lock, key);
    const wait = (key: string, waitMs: number) => rig.until(waiter.lock.acquire(key, { waitMs }));
    expect(open()).toBe(0);
    await wait('k', 1000);
    expect(open()).toBe(1);
    await wait('l', 1000);
    expect(open()).toBe(2);
    await rig.pass(7000);
    const again = waiter.lock.acquire('k', { waitMs: 5000 });
    await rig.pass(4000); // 12 s after the first wait for k, and 11 s after that for l
    expect(open()).toBe(1);
    await rig.until(again);
    await rig.pass(9000);
    expect(open()).toBe(1);
    await rig.pass(2000);
    expect(open()).toBe(0);
  });
});

test('the nodes of a lock are single servers, or all of them clusters', () =>
  withRig({ servers: 3 }, async (rig) => {
    const { clients, process } = await rig.join();
    const mixed = clients.map((client, node) => (node === 0 ? Object.assign(client, { isCluster: true }) : client));
    expect(() => createLock(mixed, {}, process)).toThrow(TypeError);
  }));
