import { randomUUID } from 'node:crypto';
import { getEventListeners } from 'node:events';
import { Redis } from 'ioredis';
import pino from 'pino';
import { expect, test } from 'vitest';
import { createRedisLock, type DistributedLock, type Lease } from '../../redis-lock/index.ts';
import { logged } from '../../testing/job-instances.ts';
import { type JobsInstance, openJobsInstance } from '../../testing/jobs.ts';
import { PacedTime } from '../../testing/paced-time.ts';
import { testStack } from '../../testing/stack.ts';
import { createLeader } from './leader.ts';

const leaderTtlMs = 60_000;

/** Instances that take part in the election. */
interface Election extends AsyncDisposable {
  readonly time: PacedTime;
  readonly key: string;
  readonly instances: readonly JobsInstance[];
  /** @returns the indexes of the instances that consider themselves the leader. */
  leaders(): number[];
  /** Lets time pass until an instance leads that is not among `others`. */
  elected(others?: readonly number[]): Promise<{ index: number; instance: JobsInstance }>;
}

/** Three instances. @param onLeader called with each that becomes the leader. */
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

test('one instance leads for longer than the TTL, and all know which', async () => {
  await using election = await openElection();
  const { instances, leaders, time } = election;
  const { index, instance } = await election.elected();
  await time.pass(1.3 * leaderTtlMs, () => expect(leaders()).toEqual([index]));
  const token = logged(instance, /^Became the leader$/)[0]?.token;
  for (const { leader } of instances) {
    expect(await leader.current()).toEqual({ instance: `app-${index + 1}`, token, since: expect.any(String) });
  }
});

test('a stopped leader gives up at once, before the next term begins', async () => {
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
  const tokens = [before, after].map(({ instance }) => Number(logged(instance, /^Became the leader$/)[0]?.token));
  expect(tokens[1]).toBeGreaterThan(tokens[0] ?? 0);
  expect(await after.instance.leader.current()).toMatchObject({ instance: `app-${after.index + 1}` });
});

test('a leader cut off from Redis resigns before another can lead', async () => {
  await using election = await openElection();
  const { leaders, time } = election;
  const before = await election.elected();
  const cutOffAt = time.now;
  before.instance.redis.disconnect();
  await time.pass(0.9 * leaderTtlMs, () => expect(leaders()).toEqual([before.index]));
  await time.pass(cutOffAt + leaderTtlMs - time.now);
  expect(leaders()).toEqual([]); // only now may Redis grant the lock to another
  await election.instances[(before.index + 1) % 3]?.redis.del(election.key);
  await election.elected();
  expect(leaders()).not.toContain(before.index);
});

test('logs once why Redis refuses the election, and leads when it no longer does', async () => {
  await using admin = Object.assign(new Redis(testStack().redisUrl), {
    [Symbol.asyncDispose]: async () => admin.disconnect(),
  });
  const username = `payments-only-${randomUUID()}`;
  const setUser = (...rules: string[]) => admin.call('ACL', 'SETUSER', username, ...rules);
  await setUser('on', 'nopass', '~PAYMENT_*', '&*', '+@all');
  const time = new PacedTime();
  const redisUrl = Object.assign(new URL(testStack().redisUrl), { username, password: 'any' }).href;
  await using instance = await openJobsInstance({ time, redisUrl, leaderKey: `LEADER_${randomUUID()}` });
  instance.leader.start();
  await time.pass(10_000);
  const refusals = logged(instance, /leader election/);
  expect(refusals).toMatchObject([{ level: 40, err: { message: expect.stringContaining('NOPERM') } }]);
  await setUser('~*');
  await time.until('it leads', () => instance.leader.term());
  expect(logged(instance, /leader election/)).toEqual(refusals);
  await instance.stop();
  await admin.call('ACL', 'DELUSER', username);
});

test('removes its listeners from the stop signal after a term', async () => {
  const time = new PacedTime();
  await using instance = await openJobsInstance({ time });
  const { process: runtime } = instance;
  const redis = time.ask(instance.redis, runtime);
  const lock = createRedisLock(redis, { ttlMs: leaderTtlMs }, runtime);
  const leases: Lease[] = [];
  /** The number of listeners before each election. */
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
