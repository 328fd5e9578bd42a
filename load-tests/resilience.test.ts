import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { soon, until } from '../app/testing/until.ts';
import { type Stack, startStack } from './stack/index.ts';
import type { RedisServer } from './stack/redis.ts';
import { type LabUser, resetUsers } from './workload/lab-client.ts';

/** A stack of its own: its parts are stopped, killed and frozen here. */
let stack: Stack;
beforeAll(async () => {
  stack = await startStack({ env: { LOCK_MODE: 'redis', GATEWAY_MS: '5', MYSQL_TIMEOUT_MS: '1500' } });
});
afterAll(() => stack?.stop());

interface Answer {
  readonly status: number;
  readonly body: { status?: string; type?: string };
}

async function post(command: 'pay' | 'cancel', id: number, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await fetch(`${stack.url}/users/${id}/${command}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: '{"amount": 4900}',
    signal: AbortSignal.timeout(soon.withinMs),
  });
  const body = (await response.json()) as Answer['body'];
  return { status: response.status, body };
}

const user = async (id: number) =>
  (await (await fetch(`${stack.url}/users/${id}`)).json()) as { paid: boolean; version: number; balance: number };
const freshUsers = async (count: number) => (await resetUsers(stack.url, count)).map(({ id }) => id);

/** Waits until each of them could be paid for; by three in a row, every instance carries payments out again. */
async function untilItPays(ids: readonly number[], headers?: Record<string, string>): Promise<void> {
  for (const id of ids) {
    const paid = async () => (await post('pay', id, headers)).status === 200;
    await until(`user ${id} can pay`, paid, soon);
  }
}

/** How a guarded request must be answered while something that it needs is away. Nobody waits until that is back. */
function expectUnavailable({ status, body }: Answer): void {
  expect([status, body.type]).toEqual([503, '/problems/unavailable']);
}

/** Asks the database itself, past the service. */
async function withDatabase<T>(ask: (connection: Connection) => Promise<T>): Promise<T> {
  const connection = await createConnection(stack.mysql.url);
  try {
    return await ask(connection);
  } finally {
    await connection.end();
  }
}

describe.each([
  { fault: 'stopped', begin: () => stack.redis.stop(), end: () => stack.redis.start() },
  { fault: 'frozen', begin: async () => stack.redis.kill('SIGSTOP'), end: async () => stack.redis.kill('SIGCONT') },
])('while Redis is $fault', ({ begin, end }) => {
  test('every guarded request is refused and none runs unguarded; then the service recovers by itself', async () => {
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
      expect((await pay(survived)).body.status).toBe('paid');
      await begin(third);
      for (const answer of await Promise.all(others.map(pay))) expectUnavailable(answer);
      for (const id of others) expect(await user(id)).toMatchObject({ paid: false, version: 0, balance: 0 });
      expect((await fetch(`${stack.url}/readyz`)).status).toBe(200); // the instances are in the mode redis
    } finally {
      await Promise.all([first, second, third].map(end));
    }
    await untilItPays(others, { 'x-lock-mode': 'redlock' });
  });
});

describe('while MySQL is away', () => {
  test('stopped: every request is refused; then the service recovers, and no answered payment is lost', async () => {
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

  test('frozen: every request is given up while it is, and the service recovers', async () => {
    const ids = await freshUsers(3);
    stack.mysql.kill('SIGSTOP');
    try {
      for (const answer of await Promise.all(ids.map((id) => post('pay', id)))) expectUnavailable(answer);
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
    // It has read and refunded.
    await until('the charge is refunded', async () => (await user(id)).balance === 0, soon);
    await rival.query('ROLLBACK');
    expect((await cancel).body.status).toBe('cancelled');
    const writesUnderWay = async () => {
      const sql = "SELECT id FROM information_schema.processlist WHERE info LIKE 'UPDATE%'";
      return (await rival.query<RowDataPacket[]>(sql))[0];
    };
    await until('no write is under way', async () => (await writesUnderWay()).length === 0, soon);
    await rival.end();
    const audit = (await (await fetch(`${stack.url}/lab/audit`)).json()) as { staleWrites: number; wronged: unknown[] };
    expect(audit).toMatchObject({ staleWrites: 0, wronged: [] });
  });

  describe('killed under load', () => {
    const modes = ['redis', 'fenced', 'row', 'version'];
    /** By mode: how each user's pay was answered, and what the user was when all was over. */
    const outcomes = new Map<string, { answers: Map<number, Answer>; users: LabUser[] }>();

    beforeAll(async () => {
      const usersAMode = 60;
      const ids = await freshUsers(modes.length * usersAMode);
      const answers = modes.map(() => new Map<number, Answer>());
      const everyMode = (has: (statuses: number[]) => boolean) =>
        answers.every((ofMode) => has([...ofMode.values()].map(({ status }) => status)));
      const killing = new AbortController();
      const loads = modes.flatMap((mode, index) => {
        const queue = ids.slice(index * usersAMode, (index + 1) * usersAMode);
        return Array.from({ length: 4 }, async () => {
          while (queue.length > 0) {
            // A mode that is fast keeps some users for the time after the kill.
            const isPaused = () => queue.length <= usersAMode / 3 && !killing.signal.aborted;
            await until('the database is killed', () => !isPaused(), { ...soon, everyMs: 1 });
            const id = queue.shift();
            if (id !== undefined) answers[index]?.set(id, await post('pay', id, { 'x-lock-mode': mode }));
          }
        });
      });
      await until('payments in every mode', () => everyMode(({ length }) => length >= 10), soon);
      stack.mysql.kill('SIGKILL');
      killing.abort();
      await stack.mysql.ended();
      await until('refusals in every mode', () => everyMode((all) => all.includes(503)), soon);
      await stack.mysql.start();
      await Promise.all(loads);
      const { users } = (await (await fetch(`${stack.url}/users?limit=1000`)).json()) as { users: LabUser[] };
      for (const [index, mode] of modes.entries()) outcomes.set(mode, { answers: answers[index] ?? new Map(), users });
      await untilItPays(await freshUsers(6));
    });

    test.each(modes)('%s: what was answered paid is paid, once, and nothing but a 503 was answered besides', (mode) => {
      const { answers = new Map<number, Answer>(), users = [] } = outcomes.get(mode) ?? {};
      const statuses = new Set([...answers.values()].map(({ status }) => status));
      expect([...statuses].sort()).toEqual([200, 503]);
      for (const [id, { status, body }] of answers) {
        const found = users.find((one) => one.id === id);
        if (status === 200) expect(found, `user ${id}`).toMatchObject({ paid: true, balance: 4900 });
        else if (body.type === '/problems/unavailable') expect(found, `user ${id}`).toMatchObject({ balance: 0 });
        else expect(body.type).toBe('/problems/unfinished');
      }
    });
  });
});

describe('an instance that is killed', () => {
  test('under load: the others go on, and at most what was in flight on it fails', async () => {
    const ids = await freshUsers(150);
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
        if (done === 30) victim?.kill('SIGKILL');
      }
    });
    await Promise.all(clients);
    await victim?.start();
    expect(failed.length).toBeLessThanOrEqual(connections);
    for (const { status, body } of failed) expect([status, body.type]).toEqual([502, '/problems/bad-gateway']);
    expect(done).toBe(ids.length);
  });

  test('a POST that has reached it is sent to no other one: it is charged once, and answered as not known', async () => {
    const [id = 0] = await freshUsers(1);
    const answer = post('pay', id, { 'x-gateway-ms': '30000', 'x-lock-mode': 'none' });
    const chargedBy = () =>
      withDatabase(async (connection) => {
        const [rows] = await connection.query<RowDataPacket[]>('SELECT instance FROM charges WHERE user_id = ?', [id]);
        return rows[0]?.instance as string | undefined;
      });
    const name = await until('it has been charged', chargedBy, soon);
    const victim = stack.instances.find((instance) => instance.name === name);
    victim?.kill('SIGKILL');
    expect(await answer).toMatchObject({ status: 502, body: { type: '/problems/bad-gateway' } });
    expect(await user(id)).toMatchObject({ paid: false, balance: 4900 });
    await victim?.ended();
    await victim?.start();
  });
});
