import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { createConnection } from 'mysql2/promise';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { isFree } from '../app/testing/free-port.ts';
import { type Stack, startStack } from './stack/index.ts';
import type { RedisServer } from './stack/redis.ts';
import { resetUsers } from './workload/lab-client.ts';

/** A stack of its own: its parts are stopped, killed and frozen here. */
let stack: Stack;
beforeAll(async () => {
  stack = await startStack({ env: { LOCK_MODE: 'redis', GATEWAY_MS: '5', MYSQL_TIMEOUT_MS: '1500' } });
});
afterAll(() => stack?.stop());

interface Answer {
  readonly status: number;
  readonly tookMs: number;
  readonly body: { status?: string; type?: string };
}

async function post(command: 'pay' | 'cancel', id: number, headers: Record<string, string> = {}): Promise<Answer> {
  const startedAt = performance.now();
  const response = await fetch(`${stack.url}/users/${id}/${command}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: '{"amount": 4900}',
    signal: AbortSignal.timeout(20_000),
  });
  const body = (await response.json()) as Answer['body'];
  return { status: response.status, tookMs: performance.now() - startedAt, body };
}

const user = async (id: number) =>
  (await (await fetch(`${stack.url}/users/${id}`)).json()) as { paid: boolean; version: number; balance: number };
const freshUsers = async (count: number) => (await resetUsers(stack.url, count)).map(({ id }) => id);

/** Waits until every instance carries payments out again. */
async function untilItPays(ids: readonly number[]): Promise<void> {
  for (const id of ids) {
    await vi.waitFor(async () => expect((await post('pay', id)).status).toBe(200), { timeout: 15_000, interval: 100 });
  }
}

/** What a guarded request must be answered with while something that it needs is away. */
function expectUnavailable({ status, tookMs, body }: Answer): void {
  expect([status, body.type]).toEqual([503, '/problems/unavailable']);
  expect(tookMs).toBeLessThan(1000);
}

describe.each([
  { fault: 'stopped', begin: () => stack.redis.stop(), end: () => stack.redis.start() },
  { fault: 'frozen', begin: async () => stack.redis.kill('SIGSTOP'), end: async () => stack.redis.kill('SIGCONT') },
])('while Redis is $fault', ({ begin, end }) => {
  test('every guarded request is refused within a second and none runs unguarded; then the service recovers by itself', async () => {
    const ids = await freshUsers(12);
    // What the naive mode has asked of a frozen Redis is done when it thaws, and keeps the user out until its TTL ends.
    const [redis, naive] = [ids.slice(0, 6), ids.slice(6)];
    await begin();
    try {
      const guarded = [
        ...redis.map((id) => post('pay', id, { 'x-lock-mode': 'redis' })),
        ...naive.map((id) => post('pay', id, { 'x-lock-mode': 'naive' })),
      ];
      for (const answer of await Promise.all(guarded)) expectUnavailable(answer);
      expect((await fetch(`${stack.url}/readyz`)).status).toBe(503);
      for (const id of ids) expect(await user(id)).toMatchObject({ paid: false, version: 0, balance: 0 });
    } finally {
      await end();
    }
    await untilItPays(redis);
  });
});

describe.each([
  { fault: 'stopped', begin: (node: RedisServer) => node.stop(), end: (node: RedisServer) => node.start() },
  {
    fault: 'frozen',
    begin: async (node: RedisServer) => node.kill('SIGSTOP'),
    end: async (node: RedisServer) => node.kill('SIGCONT'),
  },
])('while nodes of redlock are $fault', ({ begin, end }) => {
  const pay = (id: number) => post('pay', id, { 'x-lock-mode': 'redlock' });

  test('a minority of them is not missed; without a majority every request is refused, and then it recovers by itself', async () => {
    const [survived = 0, ...others] = await freshUsers(7);
    const [first, second, third] = stack.redlock;
    if (!first || !second || !third) throw new Error('the stack has no nodes');
    try {
      await Promise.all([first, second].map(begin));
      const paid = await pay(survived);
      expect(paid.body.status).toBe('paid');
      expect(paid.tookMs).toBeLessThan(500); // REDIS_TIMEOUT_MS: nobody waits for the silent ones
      await begin(third);
      for (const answer of await Promise.all(others.map(pay))) expectUnavailable(answer);
      for (const id of others) expect(await user(id)).toMatchObject({ paid: false, version: 0, balance: 0 });
      expect((await fetch(`${stack.url}/readyz`)).status).toBe(200); // the instances are in the mode redis
    } finally {
      await Promise.all([first, second, third].map(end));
    }
    for (const id of others) {
      await vi.waitFor(async () => expect((await pay(id)).status).toBe(200), { timeout: 15_000, interval: 100 });
    }
  });
});

describe('while MySQL is away', () => {
  test('stopped: every request is refused within a second; then the service recovers, and no answered payment is lost', async () => {
    const ids = await freshUsers(6);
    const [paid = 0, ...others] = ids;
    expect((await post('pay', paid)).body.status).toBe('paid');
    await stack.mysql.stop();
    try {
      for (const answer of await Promise.all(others.map((id) => post('pay', id)))) expectUnavailable(answer);
    } finally {
      await stack.mysql.start();
    }
    await untilItPays(others);
    for (const id of ids) expect(await user(id)).toMatchObject({ paid: true, balance: 4900 });
  });

  test('frozen: every request is given up in time, and the service recovers', async () => {
    const ids = await freshUsers(3);
    stack.mysql.kill('SIGSTOP');
    try {
      for (const { status, body, tookMs } of await Promise.all(ids.map((id) => post('pay', id)))) {
        expect([status, body.type]).toEqual([503, '/problems/unavailable']);
        expect(tookMs).toBeLessThan(1500 + 1000); // MYSQL_TIMEOUT_MS, and some patience with the machine
      }
    } finally {
      stack.mysql.kill('SIGCONT');
    }
    await untilItPays(ids);
  });

  test('a write that waited in vain for its row is not carried out later, when a rival has been let in', async () => {
    const [id = 0] = await freshUsers(1);
    const rival = await createConnection(stack.mysql.url);
    await rival.query('START TRANSACTION');
    await rival.query('SELECT * FROM users WHERE id = ? FOR UPDATE', [id]);
    const pay = await post('pay', id); // it charges, and then its UPDATE waits for the row
    expect([pay.status, pay.body.type]).toEqual([503, '/problems/unfinished']);
    const cancel = post('cancel', id);
    await vi.waitFor(async () => expect((await user(id)).balance).toBe(0), { interval: 5 }); // it has read and refunded
    await rival.query('ROLLBACK');
    await rival.end();
    expect((await cancel).body.status).toBe('cancelled');
    await sleep(500);
    const audit = (await (await fetch(`${stack.url}/lab/audit`)).json()) as { staleWrites: number; wronged: unknown[] };
    expect(audit).toMatchObject({ staleWrites: 0, wronged: [] });
  });

  test.each(['redis', 'fenced', 'row', 'version'])(
    '%s: killed under load: what was answered paid is paid, once, and nothing but a 503 was answered besides',
    async (mode) => {
      const headers = { 'x-lock-mode': mode };
      const ids = await freshUsers(400);
      const answers = new Map<number, Answer>();
      const queue = [...ids];
      const clients = Array.from({ length: 16 }, async () => {
        for (let id = queue.shift(); id !== undefined; id = queue.shift())
          answers.set(id, await post('pay', id, headers));
      });
      await vi.waitFor(() => expect(answers.size).toBeGreaterThan(100), { timeout: 10_000, interval: 5 });
      stack.mysql.kill('SIGKILL');
      await stack.mysql.ended();
      await stack.mysql.start();
      await Promise.all(clients);

      const statuses = new Set([...answers.values()].map(({ status }) => status));
      expect([...statuses].sort()).toEqual([200, 503]);
      for (const [id, { status, body }] of answers) {
        if (status === 200) expect(await user(id), `user ${id}`).toMatchObject({ paid: true, balance: 4900 });
        else if (body.type === '/problems/unavailable')
          expect(await user(id), `user ${id}`).toMatchObject({ balance: 0 });
        else expect(body.type).toBe('/problems/unfinished');
      }
      await untilItPays(await freshUsers(6));
    },
  );
});

describe('an instance that is killed', () => {
  test('under load: the others go on, and at most what was in flight on it fails', async () => {
    const ids = await freshUsers(600);
    const [victim] = stack.instances;
    const connections = 12;
    const failed: Answer[] = [];
    const queue = [...ids];
    let done = 0;
    const clients = Array.from({ length: connections }, async () => {
      for (let id = queue.shift(); id !== undefined; id = queue.shift()) {
        const answer = await post('pay', id);
        done += 1;
        if (answer.status !== 200) failed.push(answer);
      }
    });
    await vi.waitFor(() => expect(done).toBeGreaterThan(100), { timeout: 10_000, interval: 5 });
    victim?.kill('SIGKILL');
    await Promise.all(clients);
    await victim?.start();
    expect(failed.length).toBeLessThanOrEqual(connections);
    for (const { status, body } of failed) expect([status, body.type]).toEqual([502, '/problems/bad-gateway']);
    expect(done).toBe(ids.length);
  });

  test('a POST that has reached it is sent to no other one: it is charged once, and answered as not known', async () => {
    const [id = 0] = await freshUsers(1);
    const answer = post('pay', id, { 'x-gateway-ms': '10000', 'x-lock-mode': 'none' });
    await vi.waitFor(async () => expect((await user(id)).balance).toBe(4900), { interval: 10 });
    for (const instance of stack.instances) instance.kill('SIGKILL'); // whichever has it
    expect(await answer).toMatchObject({ status: 502, body: { type: '/problems/bad-gateway' } });
    await Promise.all(
      stack.instances.map(async (instance) => {
        await instance.ended();
        await instance.start();
      }),
    );
    await sleep(1100); // nginx asks an instance that was away again after a second
    expect(await user(id)).toMatchObject({ paid: false, balance: 4900 });
  });
});

describe('instances that are started again', { timeout: 60_000 }, () => {
  const portsOf = () => stack.instances.map(({ port }) => port);
  /** Takes connections and answers nothing. */
  let squatter: Server;
  beforeEach(() => {
    squatter = createServer();
  });
  afterEach(() => leave());
  async function leave(): Promise<void> {
    if (!squatter.listening) return;
    const left = new Promise((resolve) => squatter.close(resolve));
    squatter.closeAllConnections();
    await left;
  }
  /** Takes the port of `app-2` when that has ended, and before the next one is there. */
  const takeItsPort = (name: string) => {
    if (name === 'app-2') squatter.listen(stack.instances[1]?.port, '127.0.0.1');
    return {};
  };

  test('get their ports again, also when somebody else has one of them for a moment', async () => {
    const [ports, logFile] = [portsOf(), stack.instances[1]?.logFile ?? ''];
    const sizeBefore = (await readFile(logFile)).length;
    const restarted = stack.restartInstances({ envOf: takeItsPort });
    const lost = async () => (await readFile(logFile)).subarray(sizeBefore).includes('EADDRINUSE');
    await vi.waitFor(async () => expect(await lost()).toBe(true), { timeout: 15_000, interval: 20 });
    await leave();
    await restarted;
    expect(portsOf()).toEqual(ports);
    await untilItPays(await freshUsers(6));
  });

  test('or none is, when it stays taken: the port is named, nobody is left running, and it can be tried again', async () => {
    const ports = portsOf();
    const failing = stack.restartInstances({ envOf: takeItsPort });
    await expect(failing).rejects.toThrow(`Port ${ports[1]} of 127.0.0.1 was free and is somebody else's now`);
    for (const [index, port] of ports.entries()) expect(await isFree(port), `app-${index + 1}`).toBe(index !== 1);
    await leave();
    await stack.restartInstances({});
    expect(portsOf()).toEqual(ports);
    await untilItPays(await freshUsers(6));
  });
});
