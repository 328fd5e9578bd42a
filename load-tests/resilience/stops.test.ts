import { Pool } from 'undici';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { call } from '../../app/testing/client.ts';
import { soon, until } from '../../app/testing/until.ts';
import { resetUsers } from '../client/lab-client.ts';
import { type Stack, startStack } from '../stack/index.ts';

/** How many instances are stopped under load, one after the other; STOPS=50 takes five minutes. */
const stops = Number(process.env.STOPS ?? 2);
const connections = 48;
/** Connections that are opened at once; more than the instances work on. BURSTS=2000,3000 takes a minute. */
const bursts = (process.env.BURSTS ?? '700').split(',').map(Number);

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({
    // Only a hang takes that long: no test is about a slow server.
    env: { LOCK_MODE: 'redis', GATEWAY_MS: '5', DRAIN_MS: '500', MYSQL_TIMEOUT_MS: '30000', REDIS_TIMEOUT_MS: '30000' },
  });
});
afterAll(() => stack?.stop());

/** A client with so many connections to the service, and as many requests at once. The caller closes it. */
function openBurst({ url }: Stack, connections: number) {
  const pool = new Pool(url, { connections, pipelining: 1, headersTimeout: 60_000, connect: { timeout: 60_000 } });
  const headers = { 'content-type': 'application/json' };
  return {
    /** Sends a pay or a cancel. */
    async post(path: string): Promise<{ status: number; body: string }> {
      const { statusCode, body } = await pool.request({ path, method: 'POST', headers, body: '{"amount":4900}' });
      return { status: statusCode, body: await body.text() };
    },
    close: () => pool.destroy(),
  };
}

test(
  'an instance that is shut down under load costs no request',
  async () => {
    const users = (await resetUsers(stack.url, connections)).map(({ id }) => id);
    const burst = openBurst(stack, connections);
    const failed: string[] = [];
    let done = 0;
    let isOver = false;
    const clients = users.map(async (id) => {
      for (let command = 'pay'; !isOver; command = command === 'pay' ? 'cancel' : 'pay') {
        const { status, body } = await burst.post(`/users/${id}/${command}`);
        done += 1;
        if (status !== 200) failed.push(`${status} ${body}`);
      }
    });
    for (let stop = 0; stop < stops; stop++) {
      const from = done;
      await until('the load goes on', () => done > from + 150, soon);
      const victim = stack.instances[stop % stack.instances.length];
      victim?.kill('SIGTERM');
      await victim?.ended();
      await victim?.start();
    }
    const from = done;
    await until('the load goes on', () => done > from + 150, soon); // on the instance that is back, too
    isOver = true;
    await Promise.all(clients);
    await burst.close();
    if (process.env.STOPS) console.log(`${stops} stops, ${done} requests, ${failed.length} not answered 200`);
    expect(failed).toEqual([]);
  },
  stops * 60_000,
);

test.each(bursts)('%i connections at once: what is too much is refused, and other users pay', async (count) => {
  const users = (await resetUsers(stack.url, count + 10)).map(({ id }) => id);
  const [crowd, others] = [users.slice(0, count), users.slice(count)];
  const burst = openBurst(stack, count);
  const calm = openBurst(stack, 1);
  const startedAt = performance.now();
  const answers = Promise.all(crowd.map((id) => burst.post(`/users/${id}/pay`)));
  const refusals: number[] = [];
  for (const id of others) {
    const pays = async () => {
      const { status } = await calm.post(`/users/${id}/pay`);
      if (status !== 200) refusals.push(status);
      return status === 200;
    };
    await until(`user ${id} pays`, pays, soon);
  }
  const othersMs = performance.now() - startedAt;
  const kinds = (await answers).map(({ status, body }) =>
    status === 200 ? '200' : `${status} ${JSON.parse(body).type}`,
  );
  if (process.env.BURSTS) {
    const paid = kinds.filter((kind) => kind === '200').length;
    console.log({
      count,
      paid,
      refused: count - paid,
      others: others.length,
      othersMs,
      refusals,
      tookMs: performance.now() - startedAt,
    });
  }
  expect(['200', '503 /problems/unavailable']).toEqual(expect.arrayContaining([...new Set(kinds)]));
  expect(refusals.filter((status) => status !== 503)).toEqual([]);
  const { body } = await call('/lab/audit', { url: stack.url });
  expect(body).toMatchObject({ staleWrites: 0, wronged: [] });
  await Promise.all([burst.close(), calm.close()]);
});
