import { Redis } from 'ioredis';
import { afterEach, expect, test, vi } from 'vitest';
import { call, newUser } from '../testing/client.ts';
import { spawnInstance, type TestInstance, untilReady } from '../testing/instance.ts';
import { testStack } from '../testing/stack.ts';
import { type FleetMember, joinFleet } from './fleet.ts';

const started: TestInstance[] = [];
afterEach(() => {
  for (const instance of started.splice(0)) instance.process.kill('SIGKILL');
});
async function spawned(env: Record<string, string> = {}): Promise<TestInstance> {
  const instance = await spawnInstance({ LAB: 'on', ...env });
  started.push(instance);
  return instance;
}

const ask = async (url?: string) => (await call('/lab/instances', url ? { url } : {})).body;
const find = async (name: string): Promise<FleetMember | undefined> =>
  (await ask()).instances.find((member: FleetMember) => member.name === name);

test('any instance tells what it is set to, what it can reach, and who else is there', async () => {
  const body = await vi.waitFor(async () => {
    const answer = await ask();
    expect(answer.instances.map(({ name }: FleetMember) => name)).toEqual(
      expect.arrayContaining(['app-1', 'app-2', 'app-3']),
    );
    return answer;
  });
  const { instances, ...rest } = body;
  expect(rest).toEqual({
    answeredBy: expect.stringMatching(/^app-\d$/),
    lockMode: 'none',
    lockKey: 'payment',
    modes: ['none', 'memory', 'naive', 'redis', 'redlock', 'fenced', 'row', 'version'].toSorted(
      (a, b) => rest.modes.indexOf(a) - rest.modes.indexOf(b),
    ),
    gatewayMs: 20,
    lockTtlMs: 10_000,
    lockWaitMs: 2000,
    redis: 'up',
    database: 'up',
  });
  for (const member of instances.filter(({ name }: FleetMember) => /^app-\d$/.test(name))) {
    expect(member).toMatchObject({ lockMode: 'none', state: 'up', inFlight: expect.any(Number) });
    expect(Math.abs(Date.now() - Date.parse(member.startedAt))).toBeLessThan(3_600_000);
    expect(member.seenMsAgo).toBeLessThan(3000);
  }
});

test('how many requests an instance is working on is known to the others within its next beat', async () => {
  const instance = await spawned({ INSTANCE: 'busy' });
  await untilReady(instance);
  const id = await newUser();
  const headers = { 'x-gateway-ms': '4000' };
  const answer = call(`/users/${id}/pay`, { url: instance.url, json: { amount: 4900 }, headers });
  await vi.waitFor(async () => expect((await find('busy'))?.inFlight).toBe(1), { timeout: 3900, interval: 50 });
  await answer;
}, 40_000);

test('an instance that is heard of no more is silent after three seconds; one that has left is gone at once', async () => {
  const join = (name: string) => {
    const redis = new Redis(testStack().redisUrl);
    const self = { name, lockMode: 'none', startedAt: new Date().toISOString(), inFlight: 0 };
    return { redis, fleet: joinFleet(redis, 1000, () => self) };
  };
  const [killed, ended] = [join('killed'), join('ended')];
  try {
    for (const name of ['killed', 'ended']) await vi.waitFor(async () => expect((await find(name))?.state).toBe('up'));
    await ended.fleet.leave();
    expect(await find('ended')).toBeUndefined();
    killed.redis.disconnect();
    await vi.waitFor(async () => expect((await find('killed'))?.state).toBe('silent'), {
      timeout: 10_000,
      interval: 100,
    });
    expect((await find('killed'))?.seenMsAgo).toBeGreaterThan(3000);
  } finally {
    await killed.fleet.leave();
    ended.redis.disconnect();
  }
});

test('without Redis an instance knows itself, and says what is away', async () => {
  const instance = await spawned({ INSTANCE: 'alone', REDIS_URL: 'redis://127.0.0.1:1', REDIS_TIMEOUT_MS: '200' });
  await untilReady(instance);
  const { redis, database, answeredBy, instances } = await ask(instance.url);
  expect([redis, database, answeredBy]).toEqual(['down', 'up', 'alone']);
  expect(instances).toMatchObject([{ name: 'alone', lockMode: 'none', state: 'up', seenMsAgo: 0, inFlight: 0 }]);
});
