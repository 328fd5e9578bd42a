import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { describe, test } from 'vitest';
import { call, heldRequest, newUser, sendPayment } from './testing/client.ts';
import { readyInstance, spawnInstance, type TestInstance, untilReady } from './testing/instance.ts';
import { sharedRedis } from './testing/shared.ts';
import { testStack } from './testing/stack.ts';

const redis = sharedRedis();

async function ready(env: Record<string, string>): Promise<TestInstance> {
  const instance = await spawnInstance(env);
  await untilReady(instance);
  return instance;
}

const pay = (url: string, id: number, headers: Record<string, string> = {}) => sendPayment('pay', id, { url, headers });

/** @returns the lines of its log. */
const logged = (instance: TestInstance): Record<string, unknown>[] =>
  instance
    .output()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

/** @returns the lines of an instance that could not start. */
async function failedStart(env: Record<string, string>): Promise<unknown[]> {
  await using instance = await spawnInstance(env);
  const code = await instance.exited;
  if (code !== 1) throw new Error(`it ended with ${code}: ${instance.output()}`);
  return logged(instance);
}

test.concurrent('an invalid environment: one line of JSON for each variable', async ({ expect }) => {
  const env = { LOCK_MODE: 'redsi', LOCKMODE: 'redis', MYSQL_URL: 'mysql://me:50%@[::1]/lab' };
  const line = (variable: string, message: RegExp) =>
    expect.objectContaining({ level: 60, instance: 'of-a-test', variable, msg: expect.stringMatching(message) });
  const lines = await failedStart(env);
  expect(lines).toHaveLength(3);
  expect(lines).toEqual(
    expect.arrayContaining([
      line('LOCK_MODE', /^could not start: LOCK_MODE: .*; it is "redsi"$/),
      line('LOCKMODE', /^could not start: LOCKMODE: is unknown: LOCK_MODE is meant$/),
      line('MYSQL_URL', /^could not start: MYSQL_URL: has a % in the password .*: write % as %25$/),
    ]),
  );
});

test.concurrent('an address of another machine: one line of JSON names the variable, without a stack', async ({
  expect,
}) => {
  const lines = await failedStart({ HOST: '192.0.2.1' });
  const msg = expect.stringMatching(/^could not start: HOST: must be an address of this machine.*EADDRNOTAVAIL/);
  expect(lines).toEqual([expect.objectContaining({ level: 60, variable: 'HOST', msg })]);
  expect(lines[0]).not.toHaveProperty('err');
});

test.concurrent('with the lab off, no client can switch the guard off, and the lab is not mounted', async ({
  expect,
}) => {
  await using instance = await readyInstance({ LOCK_MODE: 'redis' });
  const id = await newUser();
  const answer = await pay(instance.url, id, { 'x-lock-mode': 'none', 'x-gateway-ms': '30000' });
  expect(answer.body.status).toBe('paid');
  expect(answer.headers.get('x-lock-mode')).toBe('redis');
  for (const path of ['/lab/audit', '/lab/reset']) expect((await call(path, { url: instance.url })).status).toBe(404);
});

// By its own handler, which the first process of a container needs.
test.concurrent.for([
  ['SIGTERM', 143],
  ['SIGINT', 130],
] as const)('on %s, ends while it waits for MySQL', async ([signal, code], { expect }) => {
  const silent = createServer().listen(0, '127.0.0.1');
  const connected = once(silent, 'connection');
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  await using instance = await spawnInstance({ MYSQL_URL: `mysql://user@127.0.0.1:${port}/lab` });
  const [connection] = await connected;
  instance.process.kill(signal);
  expect(await instance.exited).toBe(code); // null: killed by the signal
  connection.destroy();
  silent.close();
});

describe.concurrent('on SIGTERM', () => {
  test('finishes requests in flight, accepts no new ones, and exits with 0; logs lines of JSON', async ({ expect }) => {
    const env = { LOCK_MODE: 'redis', LAB: 'on', SHUTDOWN_MS: '600000', LOG_LEVEL: 'info', LOCK_TIMEOUT: '5' };
    await using instance = await ready(env);
    const id = await newUser();
    const inFlight = await heldRequest(id, { url: instance.url });
    instance.process.kill('SIGTERM');
    const isRefused = () =>
      pay(instance.url, id).then(
        () => false,
        () => true, // it no longer listens
      );
    await expect.poll(isRefused).toBe(true);
    const answer = await inFlight.resume(testStack().url); // the instance accepts no connection any more
    expect(answer.body.status).toBe('paid');
    expect(answer.headers.get('connection')).toBe('close');
    expect(await instance.exited).toBe(0);
    expect(await redis.exists(`PAYMENT_${id}_4900`)).toBe(0);

    const lines = logged(instance);
    expect(lines.every(({ instance: name }) => name === 'of-a-test')).toBe(true);
    const request = { requestId: 'held', method: 'POST', url: `/users/${id}/pay`, status: 200 };
    expect(lines).toContainEqual(expect.objectContaining(request));
    const msg = expect.stringMatching(/^unknown variables, which are not read/);
    expect(lines).toContainEqual(expect.objectContaining({ variables: ['LOCK_TIMEOUT'], msg }));
  });

  test('cuts off requests after SHUTDOWN_MS, releases locks, exits with 1', async ({ expect }) => {
    await using instance = await ready({ LOCK_MODE: 'redis', LAB: 'on', SHUTDOWN_MS: '200' });
    const id = await newUser();
    const cutOff = pay(instance.url, id, { 'x-gateway-ms': '30000' });
    cutOff.catch(() => {}); // expected below
    await expect.poll(() => call(`/users/${id}`)).toMatchObject({ body: { balance: 4900 } });
    expect(await redis.exists(`PAYMENT_${id}_4900`)).toBe(1);
    instance.process.kill('SIGTERM');
    expect(await instance.exited).toBe(1);
    await expect(cutOff).rejects.toThrow();
    expect(await redis.exists(`PAYMENT_${id}_4900`)).toBe(0);
  });
});

// Within this process: a signal begins the shutdown, whose result is the exit code.
describe.concurrent('a shutdown', () => {
  test('serves on for DRAIN_MS, but is not ready, and refuses what its proxy will send elsewhere', async ({
    expect,
  }) => {
    await using instance = await readyInstance({ DRAIN_MS: '600000' });
    const [id, other] = [await newUser(), await newUser()];
    void instance.shutDown();
    await expect.poll(async () => (await call('/readyz', { url: instance.url })).status).toBe(503);
    const served = await pay(instance.url, id);
    expect([served.body.status, served.headers.get('connection')]).toEqual(['paid', 'close']);
    const refused = await pay(instance.url, other, { 'x-elsewhere-on': '429' });
    expect([refused.status, refused.body.type]).toEqual([429, '/problems/draining']);
    expect((await call(`/users/${other}`)).body).toMatchObject({ paid: false, balance: 0 });
  });

  test('waits for work that begins meanwhile, also if its client leaves', async ({ expect }) => {
    await using instance = await readyInstance({ LOCK_MODE: 'none', LAB: 'on', SHUTDOWN_MS: '600000' });
    const id = await newUser();
    const port = Number(new URL(instance.url).port);
    const [idle, slow] = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')];
    idle.write('GET /healthz HTTP/1.1\r\nHost: idle\r\n\r\n');
    await once(idle, 'data');
    const headers = ['Host: slow', 'Content-Type: application/json', 'Content-Length: 16', 'X-Gateway-Ms: 1000'];
    slow.write(`POST /users/${id}/pay HTTP/1.1\r\n${headers.join('\r\n')}\r\nExpect: 100-continue\r\n\r\n`);
    await once(slow, 'data'); // it is told to go on
    const exitCode = instance.shutDown();
    await once(idle, 'close'); // by then, it has looked for work
    slow.write('{"amount": 4900}');
    const user = async () => (await call(`/users/${id}`)).body;
    await expect.poll(user).toMatchObject({ balance: 4900 }); // it has charged
    slow.destroy();
    expect(await exitCode).toBe(0);
    expect(await user()).toMatchObject({ paid: true, balance: 4900 });
  });

  test('lets a request that the step control holds go on', async ({ expect }) => {
    await using instance = await readyInstance({ LOCK_MODE: 'redis', LAB: 'on', SHUTDOWN_MS: '600000' });
    const held = await heldRequest(await newUser(), { url: instance.url, before: 'write' });
    const exitCode = instance.shutDown();
    const { headers, body } = await held.answer;
    expect([body.status, headers.get('x-lab-steps')]).toEqual(['paid', 'shutting-down']);
    expect(await exitCode).toBe(0);
  });

  test('refuses a stepped request that waits for its lock', async ({ expect }) => {
    await using instance = await readyInstance({ LOCK_MODE: 'redis', LAB: 'on', SHUTDOWN_MS: '600000' });
    const id = await newUser();
    const held = await heldRequest(id, { headers: { 'x-lock-mode': 'redis' } }); // on another instance
    const session = randomUUID();
    const waiting = pay(instance.url, id, { 'x-lab-steps': session, 'x-lab-wait-ms': '600000' });
    const listed = async () => (await call(`/lab/steps/${session}`)).body.requests;
    await expect.poll(listed).toMatchObject([{ heldBefore: null }]);
    const exitCode = instance.shutDown();
    expect(await waiting).toMatchObject({ status: 503, body: { type: '/problems/unavailable' } });
    expect(await exitCode).toBe(0);
    await held.resume();
  });

  test('an idle client and an unreachable Redis do not delay the exit', async ({ expect }) => {
    await using instance = await readyInstance({ REDIS_URL: 'redis://127.0.0.1:1', SHUTDOWN_MS: '600000' });
    const silent = connect(Number(new URL(instance.url).port), '127.0.0.1').on('error', () => {});
    await once(silent, 'connect');
    expect(await instance.shutDown()).toBe(0);
  });
});

test.concurrent('LOCK_KEY=user: two amounts of one user exclude each other', async ({ expect }) => {
  await using instance = await readyInstance({ LOCK_MODE: 'redis', LOCK_KEY: 'user', LOCK_WAIT_MS: '0', LAB: 'on' });
  const id = await newUser();
  const held = await heldRequest(id, { url: instance.url });
  expect(await redis.exists(`PAYMENT_${id}`)).toBe(1);
  const other = await sendPayment('pay', id, { url: instance.url, json: { amount: 100 } });
  expect(other.body.type).toBe('/problems/lock-busy');
  expect((await held.resume()).body.status).toBe('paid');
});
