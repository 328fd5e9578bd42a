import { connect } from 'node:net';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { call, newUser } from './testing/client.ts';
import { spawnInstance, type TestInstance, untilReady } from './testing/instance.ts';
import { testStack } from './testing/stack.ts';

let redis: Redis;
const started: TestInstance[] = [];
beforeAll(() => {
  redis = new Redis(testStack().redisUrl);
});
afterEach(() => {
  for (const instance of started.splice(0)) instance.process.kill('SIGKILL');
});
afterAll(() => redis.disconnect());

async function start(env: Record<string, string>): Promise<TestInstance> {
  const instance = await spawnInstance(env);
  started.push(instance);
  return instance;
}

async function ready(env: Record<string, string>): Promise<TestInstance> {
  const instance = await start(env);
  await untilReady(instance);
  return instance;
}

const pay = (url: string, id: number, headers: Record<string, string> = {}) =>
  call(`/users/${id}/pay`, { url, json: { amount: 4900 }, headers });

test('an instance that is told nonsense says which variable it is, and exits with 1', async () => {
  const instance = await start({ LOCK_MODE: 'redsi', GATEWAY_MS: '-1' });
  expect(await instance.exited).toBe(1);
  expect(instance.output()).toMatch(/LOCK_MODE: .*"redsi"/);
  expect(instance.output()).toMatch(/GATEWAY_MS: .*"-1"/);
  expect(instance.output()).not.toMatch(/ at .*\.ts:/);
});

test('an instance whose database is away says so, and exits with 1', async () => {
  const instance = await start({ MYSQL_URL: 'mysql://nobody@127.0.0.1:1/nothing' });
  expect(await instance.exited).toBe(1);
  expect(instance.output()).toMatch(/could not start.*ECONNREFUSED/s);
});

describe('with the lab off', () => {
  test('no client can switch the guard off, and there is no lab', async () => {
    const { url } = await ready({ LOCK_MODE: 'redis' });
    const id = await newUser();
    const answer = await pay(url, id, { 'x-lock-mode': 'none', 'x-gateway-ms': '30000' });
    expect(answer.body.status).toBe('paid');
    expect(answer.headers.get('x-lock-mode')).toBe('redis');
    for (const path of ['/lab/audit', '/lab/reset']) expect((await call(path, { url })).status).toBe(404);
  });
});

describe('on SIGTERM', () => {
  test('an instance finishes what is in flight, takes nothing new, and exits with 0', async () => {
    const instance = await ready({ LOCK_MODE: 'redis', LAB: 'on' });
    const id = await newUser();
    const inFlight = pay(instance.url, id, { 'x-gateway-ms': '700' });
    await vi.waitFor(async () => expect(await redis.exists(`PAYMENT_${id}_4900`)).toBe(1));
    instance.process.kill('SIGTERM');
    await vi.waitFor(() => expect(pay(instance.url, id)).rejects.toThrow()); // refused: it listens no more
    const answer = await inFlight;
    expect(answer.body.status).toBe('paid');
    expect(answer.headers.get('connection')).toBe('close');
    expect(await instance.exited).toBe(0);
    expect(await redis.exists(`PAYMENT_${id}_4900`)).toBe(0);
  });

  test('a client that never says a word, and a Redis that is away, hold nobody up', async () => {
    const instance = await ready({ REDIS_URL: 'redis://127.0.0.1:1' });
    const silent = connect(Number(new URL(instance.url).port), '127.0.0.1').on('error', () => {});
    await new Promise((resolve) => silent.once('connect', resolve));
    const stoppedAt = performance.now();
    instance.process.kill('SIGTERM');
    expect(await instance.exited).toBe(0);
    expect(performance.now() - stoppedAt).toBeLessThan(3000); // SHUTDOWN_MS is 10,000
  });

  test('what takes longer than SHUTDOWN_MS is cut off: its lock is released, and the exit code says so', async () => {
    const instance = await ready({ LOCK_MODE: 'redis', LAB: 'on', SHUTDOWN_MS: '200' });
    const id = await newUser();
    const cutOff = pay(instance.url, id, { 'x-gateway-ms': '20000' }).catch((error: Error) => error);
    await vi.waitFor(async () => expect(await redis.exists(`PAYMENT_${id}_4900`)).toBe(1));
    const stoppedAt = performance.now();
    instance.process.kill('SIGTERM');
    expect(await instance.exited).toBe(1);
    expect(performance.now() - stoppedAt).toBeLessThan(3000);
    expect(await cutOff).toBeInstanceOf(Error);
    expect(await redis.exists(`PAYMENT_${id}_4900`)).toBe(0);
  });
});

test('each line of the log is JSON with the instance and, of a request, its id', async () => {
  const instance = await ready({ LOG_LEVEL: 'info' });
  await call('/users', { url: instance.url, headers: { 'x-request-id': 'of-the-log-test' } });
  await vi.waitFor(() => expect(instance.output()).toContain('of-the-log-test'));
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

test('LOCK_KEY=user: two amounts of one user keep each other out', async () => {
  const { url } = await ready({ LOCK_MODE: 'redis', LOCK_KEY: 'user', LOCK_WAIT_MS: '0', LAB: 'on' });
  const id = await newUser();
  const slow = pay(url, id, { 'x-gateway-ms': '700' });
  await vi.waitFor(async () => expect(await redis.exists(`PAYMENT_${id}`)).toBe(1));
  const other = await call(`/users/${id}/pay`, { url, json: { amount: 100 } });
  expect(other.body.type).toBe('/problems/lock-busy');
  expect((await slow).body.status).toBe('paid');
});
