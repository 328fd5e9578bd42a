import { randomUUID } from 'node:crypto';
import { getEventListeners } from 'node:events';
import pino from 'pino';
import { expect, test } from 'vitest';
import { createRedisLock, type DistributedLock, type Lease } from '../../redis-lock/index.ts';
import { said } from '../../testing/job-instances.ts';
import { type JobsInstance, openJobsInstance } from '../../testing/jobs.ts';
import { PacedTime } from '../../testing/paced-time.ts';
import { createLeader } from './leader.ts';

const leaderTtlMs = 60_000;

/** Instances that stand for election. */
interface Election extends AsyncDisposable {
  readonly time: PacedTime;
  readonly key: string;
  readonly instances: readonly JobsInstance[];
  /** @returns the numbers of those that take themselves for the leader. */
  leaders(): number[];
  /** Lets time pass until one leads that is none of the others. */
  elected(others?: readonly number[]): Promise<{ index: number; instance: JobsInstance }>;
}

/** Three that stand for election. @param onLeader told of each of them that becomes the leader. */
async function openElection(onLeader: () => void = () => {}): Promise<Election> {
  const time = new PacedTime();
  const key = `LEADER_${randomUUID()}`;
  const listener = { onLeader: (leads: boolean) => leads && onLeader() };
  const common = { time, leaderTtlMs, leaderKey: key, listener };
  const instances = await Promise.all(['app-1', 'app-2', 'app-3'].map((name) => openJobsInstance({ ...common, name })));
  for (const { leader } of instances) leader.start();
  const leaders = () => instances.flatMap(({ leader }, index) => (leader.term() ? [index] : []));
  return {
    time,
    key,
    instances,
    leaders,
    elected: (others = []) =>
      time.until('one leads', () => {
        const [index = -1] = leaders().filter((leader) => !others.includes(leader));
        const instance = instances[index];
        return instance && { index, instance };
      }),
    async [Symbol.asyncDispose]() {
      for (const instance of instances) await instance.stop();
    },
  };
}

test('of several instances one leads, longer than the TTL, and every one of them knows who', async () => {
  await using election = await openElection();
  const { instances, leaders, time } = election;
  const { index, instance } = await election.elected();
  await time.pass(1.3 * leaderTtlMs, () => expect(leaders()).toEqual([index]));
  const token = said(instance, /^Became the leader$/)[0]?.token;
  for (const { leader } of instances) {
    expect(await leader.current()).toEqual({ instance: `app-${index + 1}`, token, since: expect.any(String) });
  }
});

test('an instance that stops gives the lead up at once, and its term is over before the next one begins', async () => {
  const order: string[] = [];
  await using election = await openElection(() => order.push('the next one'));
  const { time } = election;
  const before = await election.elected();
  order.length = 0;
  before.instance.leader.term()?.signal.addEventListener('abort', () => order.push('over'));
  const stoppedAt = time.now;
  await time.while('it has stopped', before.instance.leader.stop());
  const after = await election.elected([before.index]);
  expect(time.now - stoppedAt).toBeLessThan(leaderTtlMs / 2); // of virtual time
  expect(order).toEqual(['over', 'the next one']);
  expect(before.instance.leader.term()).toBeUndefined();
  const tokens = [before, after].map(({ instance }) => Number(said(instance, /^Became the leader$/)[0]?.token));
  expect(tokens[1]).toBeGreaterThan(tokens[0] ?? 0);
  expect(await after.instance.leader.current()).toMatchObject({ instance: `app-${after.index + 1}` });
});

test('an instance that is cut off from Redis does not take itself for the leader when another one leads', async () => {
  await using election = await openElection();
  const { leaders, time } = election;
  const before = await election.elected();
  const cutOffAt = time.now;
  before.instance.redis.disconnect();
  await time.pass(0.9 * leaderTtlMs, () => expect(leaders()).toEqual([before.index]));
  await time.pass(cutOffAt + leaderTtlMs - time.now);
  expect(leaders()).toEqual([]); // and only now may Redis let another one have the lock
  await election.instances[(before.index + 1) % 3]?.redis.del(election.key);
  await election.elected();
  expect(leaders()).not.toContain(before.index);
});

test('leaves no listener on its stop signal after a term', async () => {
  const time = new PacedTime();
  await using instance = await openJobsInstance({ time });
  const { process: runtime } = instance;
  const redis = time.ask(instance.redis, runtime);
  const lock = createRedisLock(redis, { ttlMs: leaderTtlMs }, runtime);
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
  const key = `LEADER_${randomUUID()}`;
  const log = pino({ level: 'silent' });
  const options = { redis, redisTimeoutMs: 60_000, instance: 'app-1', runtime, log };
  const leader = createLeader({ lock: observed, ttlMs: leaderTtlMs, key, ...options });
  const leads = () => time.until('it leads', () => leader.term());
  leader.start();
  for (let term = 0; term < 5; term++) {
    await leads();
    await instance.redis.del(key);
    expect(await leases[term]?.extend()).toBe('lost');
  }
  await leads();
  await time.while('it has stopped', leader.stop());
  await lock.close();
  expect(listeners).toEqual([0, 0, 0, 0, 0, 0]);
});
