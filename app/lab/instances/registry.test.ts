import { randomUUID } from 'node:crypto';
import { expect, onTestFinished, test, vi } from 'vitest';
import { lockModeNames } from '../../lock-modes/registry.ts';
import { call, heldRequest, newUser } from '../../testing/client.ts';
import { openInstance, readyInstance } from '../../testing/instance.ts';
import { sharedRedis } from '../../testing/shared.ts';
import { soon, until } from '../../testing/until.ts';
import { type RegisteredInstance, registerInstance } from './registry.ts';

const redis = sharedRedis();

const ask = async (url?: string) => (await call('/lab/instances', url ? { url } : {})).body;
const find = async (name: string): Promise<RegisteredInstance | undefined> =>
  (await ask()).instances.find((member: RegisteredInstance) => member.name === name);

test('any instance lists its settings, servers and the other instances', async () => {
  const allUp = async () => {
    const answer = await ask();
    const up = answer.instances.filter(({ state }: RegisteredInstance) => state === 'up');
    const names = up.map(({ name }: RegisteredInstance) => name);
    return ['app-1', 'app-2', 'app-3'].every((name) => names.includes(name)) && answer;
  };
  const body = await until('the three instances are up', allUp, soon);
  const { instances, ...rest } = body;
  expect(rest).toEqual({
    answeredBy: expect.stringMatching(/^app-\d$/),
    lockMode: 'none',
    lockKey: 'payment',
    modes: [...lockModeNames],
    gatewayMs: 20,
    lockTtlMs: 10_000,
    lockWaitMs: 30_000,
    redis: 'up',
    database: 'up',
  });
  for (const member of instances.filter(({ name }: RegisteredInstance) => /^app-\d$/.test(name))) {
    expect(member).toMatchObject({ lockMode: 'none', state: 'up', inFlight: expect.any(Number) });
    expect(new Date(member.startedAt).toISOString()).toBe(member.startedAt);
    expect(member.seenMsAgo).toEqual(expect.any(Number));
  }
});

test('publishes its requests in flight with the next heartbeat', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }); // of the heartbeat alone
  onTestFinished(() => void vi.useRealTimers());
  const name = `busy-${randomUUID()}`;
  await using instance = await readyInstance({ LAB: 'on', INSTANCE: name });
  const pay = await heldRequest(await newUser(), { url: instance.url });
  expect(await find(name)).toMatchObject({ inFlight: 0 });
  vi.advanceTimersByTime(1000);
  await until('the heartbeat has come', async () => (await find(name))?.inFlight === 1, soon); // a poll would let time pass
  await pay.resume();
});

test('is silent after 3 s without a heartbeat, and gone at once after leaving', async () => {
  const join = (name: string) =>
    registerInstance(redis, 60_000, () => ({
      name,
      lockMode: 'none',
      startedAt: new Date().toISOString(),
      inFlight: 0,
    }));
  const names = [`killed-${randomUUID()}`, `ended-${randomUUID()}`] as const;
  const [killed, ended] = [join(names[0]), join(names[1])];
  for (const name of names) await expect.poll(async () => (await find(name))?.state).toBe('up');
  await ended.leave();
  expect(await find(names[1])).toBeUndefined();

  const beat = String(await redis.get(`lab:instances:${names[0]}`));
  await killed.leave();
  /** The last heartbeat of a killed instance: it expires after a minute. */
  const lastBeat = (msAgo: number) =>
    redis
      .multi()
      .sadd('lab:instances', names[0])
      .set(`lab:instances:${names[0]}`, beat, 'PX', 60_000 - msAgo)
      .exec();
  await lastBeat(3001);
  expect(await find(names[0])).toMatchObject({ name: names[0], state: 'silent' });
  expect((await find(names[0]))?.seenMsAgo).toBeGreaterThan(3000);
  await lastBeat(59_999);
  await expect.poll(() => find(names[0])).toBeUndefined();
});

test('without Redis an instance lists only itself, and what is down', async () => {
  await using instance = await openInstance({ LAB: 'on', INSTANCE: 'alone', REDIS_URL: 'redis://127.0.0.1:1' });
  const { redis: state, database, answeredBy, instances } = await ask(instance.url);
  expect([state, database, answeredBy]).toEqual(['down', 'up', 'alone']);
  expect(instances).toMatchObject([{ name: 'alone', lockMode: 'none', state: 'up', seenMsAgo: 0, inFlight: 0 }]);
});
