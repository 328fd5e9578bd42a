import { getEventListeners } from 'node:events';
import pino from 'pino';
import { afterEach, expect, test, vi } from 'vitest';
import { createRedisLock, type DistributedLock, type Lease } from '../redis-lock/index.ts';
import { said } from '../testing/fleet.ts';
import { type JobsInstance, openJobsInstance } from '../testing/jobs.ts';
import { createLeader } from './leader.ts';

let instances: JobsInstance[] = [];
/** Told of each of them that becomes the leader. */
let onLeader: () => void = () => {};
/** Three that stand for election. */
async function start(leaderTtlMs: number): Promise<void> {
  const leaderKey = `LEADER_${process.pid}_${Date.now()}`;
  const names = ['app-1', 'app-2', 'app-3'];
  const listener = { onLeader: (leads: boolean) => leads && onLeader() };
  instances = await Promise.all(names.map((name) => openJobsInstance({ name, leaderTtlMs, leaderKey, listener })));
  for (const { leader } of instances) leader.start();
}
afterEach(async () => {
  onLeader = () => {};
  await Promise.all(instances.splice(0).map((instance) => instance.stop()));
});

const leaders = () => instances.flatMap((_, index) => (instances[index]?.leader.term() ? [index] : []));
async function elected(others: readonly number[] = []): Promise<{ index: number; instance: JobsInstance }> {
  return vi.waitFor(
    () => {
      const [index = -1] = leaders().filter((leader) => !others.includes(leader));
      const instance = instances[index];
      if (!instance) throw new Error('nobody leads');
      return { index, instance };
    },
    { timeout: 10_000, interval: 10 },
  );
}

test('of several instances one leads, longer than the TTL, and every one of them knows who', async () => {
  const leaderTtlMs = 2500;
  await start(leaderTtlMs);
  const { index, instance } = await elected();
  for (const until = performance.now() + 1.3 * leaderTtlMs; performance.now() < until; ) {
    expect(leaders()).toEqual([index]);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  const token = said(instance, /^Became the leader$/)[0]?.token;
  for (const { leader } of instances) {
    expect(await leader.current()).toEqual({ instance: `app-${index + 1}`, token, since: expect.any(String) });
  }
});

test('an instance that stops gives the lead up at once, and its term is over before the next one begins', async () => {
  await start(30_000);
  const before = await elected();
  const order: string[] = [];
  before.instance.leader.term()?.signal.addEventListener('abort', () => order.push('over'));
  onLeader = () => order.push('the next one');
  await before.instance.leader.stop();
  const after = await elected([before.index]);
  expect(order).toEqual(['over', 'the next one']);
  expect(before.instance.leader.term()).toBeUndefined();
  const tokens = [before, after].map(({ instance }) => Number(said(instance, /^Became the leader$/)[0]?.token));
  expect(tokens[1]).toBeGreaterThan(tokens[0] ?? 0);
  await vi.waitFor(async () =>
    expect(await after.instance.leader.current()).toMatchObject({ instance: `app-${after.index + 1}` }),
  );
});

test('an instance that is cut off from Redis does not take itself for the leader when another one leads', async () => {
  await start(1000);
  const before = await elected();
  before.instance.redis.disconnect();
  while (leaders().includes(before.index)) {
    expect(leaders()).toEqual([before.index]);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await elected([before.index]);
  expect(leaders()).not.toContain(before.index);
});

test('leaves no listener on its stop signal after a term', async () => {
  await using instance = await openJobsInstance();
  const lock = createRedisLock(instance.redis, { ttlMs: 30_000 });
  const leases: Lease[] = [];
  /** How many there are before each election. */
  const listeners: number[] = [];
  const observed: DistributedLock = {
    ...lock,
    async acquire(key, options) {
      listeners.push(options?.signal ? getEventListeners(options.signal, 'abort').length : -1);
      const acquisition = await lock.acquire(key, options);
      if (acquisition.outcome === 'acquired') leases.push(acquisition.lease);
      return acquisition;
    },
  };
  const key = `LEADER_${process.pid}_${Date.now()}_LISTENERS`;
  const redis = { redis: instance.redis, redisTimeoutMs: 2000 };
  const log = pino({ level: 'silent' });
  const leader = createLeader({ lock: observed, ttlMs: 30_000, key, ...redis, instance: 'app-1', log });
  leader.start();
  for (let term = 0; term < 5; term++) {
    await vi.waitFor(() => expect(leader.term()).toBeDefined(), { timeout: 20_000, interval: 5 });
    await instance.redis.del(key);
    expect(await leases[term]?.extend()).toBe('lost');
  }
  await vi.waitFor(() => expect(leader.term()).toBeDefined(), { timeout: 20_000, interval: 5 });
  await leader.stop();
  await lock.close();
  expect(listeners).toEqual([0, 0, 0, 0, 0, 0]);
});
