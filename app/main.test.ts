import { once } from 'node:events';
import { connect } from 'node:net';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { call, heldPay, newUser } from './testing/client.ts';
import { readyInstance, spawnInstance, type TestInstance, untilReady } from './testing/instance.ts';
import { testStack } from './testing/stack.ts';

let redis: Redis;
beforeAll(() => {
  redis = new Redis(testStack().redisUrl);
});
afterAll(() => redis.disconnect());

async function ready(env: Record<string, string>): Promise<TestInstance> {
  const instance = await spawnInstance(env);
  await untilReady(instance);
  return instance;
}

const pay = (url: string, id: number, headers: Record<string, string> = {}) =>
  call(`/users/${id}/pay`, { url, json: { amount: 4900 }, headers });

test.concurrent('an instance that is told nonsense says which variable it is, and exits with 1', async ({ expect }) => {
  await using instance = await spawnInstance({ LOCK_MODE: 'redsi', GATEWAY_MS: '-1' });
  expect(await instance.exited).toBe(1);
  expect(instance.output()).toMatch(/LOCK_MODE: .*"redsi"/);
  expect(instance.output()).toMatch(/GATEWAY_MS: .*"-1"/);
  expect(instance.output()).not.toMatch(/ at .*\.ts:/);
});

test.concurrent('an instance whose database is away says so, and exits with 1', async ({ expect }) => {
  await using instance = await spawnInstance({ MYSQL_URL: 'mysql://nobody@127.0.0.1:1/nothing' });
  expect(await instance.exited).toBe(1);
  expect(instance.output()).toMatch(/could not start.*ECONNREFUSED/s);
});

describe.concurrent('with the lab off', () => {
  test('no client can switch the guard off, and there is no lab', async ({ expect }) => {
    await using instance = await readyInstance({ LOCK_MODE: 'redis' });
    const id = await newUser();
    const answer = await pay(instance.url, id, { 'x-lock-mode': 'none', 'x-gateway-ms': '30000' });
    expect(answer.body.status).toBe('paid');
    expect(answer.headers.get('x-lock-mode')).toBe('redis');
    for (const path of ['/lab/audit', '/lab/reset']) expect((await call(path, { url: instance.url })).status).toBe(404);
  });
});

describe.concurrent('on SIGTERM', () => {
  test('an instance finishes what is in flight, takes nothing new, and exits with 0', async ({ expect }) => {
    await using instance = await ready({ LOCK_MODE: 'redis', LAB: 'on', SHUTDOWN_MS: '600000' });
    const id = await newUser();
    const inFlight = await heldPay(id, { url: instance.url });
    instance.process.kill('SIGTERM');
    const isRefused = () =>
      pay(instance.url, id).then(
        () => false,
        () => true, // it listens no more
      );
    await expect.poll(isRefused).toBe(true);
    const answer = await inFlight.letGo();
    expect(answer.body.status).toBe('paid');
    expect(answer.headers.get('connection')).toBe('close');
    expect(await instance.exited).toBe(0);
    expect(await redis.exists(`PAYMENT_${id}_4900`)).toBe(0);
  });

  test('a client that never says a word, and a Redis that is away, hold nobody up', async ({ expect }) => {
    await using instance = await ready({ REDIS_URL: 'redis://127.0.0.1:1', SHUTDOWN_MS: '600000' });
    const silent = connect(Number(new URL(instance.url).port), '127.0.0.1').on('error', () => {});
    await once(silent, 'connect');
    instance.process.kill('SIGTERM');
    expect(await instance.exited).toBe(0);
  });

  test('what takes longer than SHUTDOWN_MS is cut off: its lock is released, and the exit code says so', async ({
    expect,
  }) => {
    await using instance = await ready({ LOCK_MODE: 'redis', LAB: 'on', SHUTDOWN_MS: '200' });
    const id = await newUser();
    const cutOff = await heldPay(id, { url: instance.url });
    expect(await redis.exists(`PAYMENT_${id}_4900`)).toBe(1);
    instance.process.kill('SIGTERM');
    expect(await instance.exited).toBe(1);
    await expect(cutOff.letGo()).rejects.toThrow(); // nobody has answered it
    expect(await redis.exists(`PAYMENT_${id}_4900`)).toBe(0);
  });
});

test.concurrent('each line of the log is JSON with the instance and, of a request, its id', async ({ expect }) => {
  await using instance = await ready({ LOG_LEVEL: 'info' });
  await call('/users', { url: instance.url, headers: { 'x-request-id': 'of-the-log-test' } });
  await expect.poll(instance.output).toContain('of-the-log-test');
  const lines = instance
    .output()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines.every((line) => line.instance === 'of-a-test')).toBe(true);
  expect(lines).toContainEqual(
    expect.objectContaining({ requestId: 'of-the-log-test', method: 'GET', url: '/users', status: 200 }),
  );
});

test.concurrent('LOCK_KEY=user: two amounts of one user keep each other out', async ({ expect }) => {
  await using instance = await readyInstance({ LOCK_MODE: 'redis', LOCK_KEY: 'user', LOCK_WAIT_MS: '0', LAB: 'on' });
  const id = await newUser();
  const held = await heldPay(id, { url: instance.url });
  expect(await redis.exists(`PAYMENT_${id}`)).toBe(1);
  const other = await call(`/users/${id}/pay`, { url: instance.url, json: { amount: 100 } });
  expect(other.body.type).toBe('/problems/lock-busy');
  expect((await held.letGo()).body.status).toBe('paid');
});
