import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { beforeAll, describe, expect, test } from 'vitest';
import type { User } from '../../app/payments/users.ts';
import { type Answer, call } from '../../app/testing/client.ts';
import { soon, until } from '../../app/testing/until.ts';
import { ownStack } from './own-stack.ts';

// What is killed fails at once.
const service = ownStack({ MYSQL_TIMEOUT_MS: '30000', REDIS_TIMEOUT_MS: '30000' });
const { post, user, freshUsers, untilItPays } = service;

describe('MySQL that is killed under load', () => {
  const modes = ['redis', 'fenced', 'row', 'version'];
  /** By mode: how each user's pay was answered, and what the user was when all was over. */
  const outcomes = new Map<string, { answers: Map<number, Answer>; users: User[] }>();

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
    service.stack.mysql.kill('SIGKILL');
    killing.abort();
    await service.stack.mysql.ended();
    await until('refusals in every mode', () => everyMode((all) => all.includes(503)), soon);
    await service.stack.mysql.start();
    await Promise.all(loads);
    const listed = async () => (await call('/users?limit=1000', { url: service.stack.url })).body.users as User[];
    const users = await until('the users are listed', listed, soon);
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

describe('an instance that is killed', () => {
  test('under load: the others go on, and at most what was in flight on it fails', async () => {
    const ids = await freshUsers(150);
    const [victim] = service.stack.instances;
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
    await victim?.ended();
    await victim?.start();
    expect(failed.length).toBeLessThanOrEqual(connections);
    for (const { status, body } of failed) expect([status, body.type]).toEqual([502, '/problems/bad-gateway']);
    expect(done).toBe(ids.length);
  });

  test('a POST that has reached it is sent to no other one: it is charged once, and answered as not known', async () => {
    const [id = 0] = await freshUsers(1);
    const answer = post('pay', id, { 'x-gateway-ms': '30000', 'x-lock-mode': 'none' });
    const chargedBy = async () => {
      await using connection = await createConnection(service.stack.mysql.url);
      const [rows] = await connection.query<RowDataPacket[]>('SELECT instance FROM charges WHERE user_id = ?', [id]);
      return rows[0]?.instance as string | undefined;
    };
    const name = await until('it has been charged', chargedBy, soon);
    const victim = service.stack.instances.find((instance) => instance.name === name);
    victim?.kill('SIGKILL');
    expect(await answer).toMatchObject({ status: 502, body: { type: '/problems/bad-gateway' } });
    expect(await user(id)).toMatchObject({ paid: false, balance: 4900 });
    await victim?.ended();
    await victim?.start();
  });
});
