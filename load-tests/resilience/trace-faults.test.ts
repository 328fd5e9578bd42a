import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { listen } from '../../app/testing/event-stream.ts';
import { soon } from '../../app/testing/until.ts';
import { resetUsers } from '../client/lab-client.ts';
import { type Stack, startStack } from '../stack/index.ts';

const inTime = { timeout: soon.withinMs };
/** A stack of its own: its servers are stopped and frozen here. */
let stack: Stack;
let userId: number;
beforeAll(async () => {
  stack = await startStack({ instances: 2, env: { GATEWAY_MS: '0', MYSQL_TIMEOUT_MS: '30000' } });
  userId = (await resetUsers(stack.url, 1))[0]?.id ?? 0;
});
afterAll(() => stack?.stop());

async function send(requestId: string): Promise<number> {
  const { status } = await fetch(`${stack.url}/users/${userId}/pay`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-lab-trace': 'faults', 'x-request-id': requestId },
    body: '{"amount": 4900}',
    signal: AbortSignal.timeout(soon.withinMs),
  });
  return status;
}
const askInstances = async () =>
  (await (await fetch(`${stack.url}/lab/instances`)).json()) as { redis: string; database: string };

describe.each([
  { fault: 'stopped', begin: () => stack.redis.stop(), end: () => stack.redis.start() },
  { fault: 'frozen', begin: () => stack.redis.freeze(), end: async () => stack.redis.kill('SIGCONT') },
])('while Redis is $fault', ({ fault, begin, end }) => {
  test('tells listeners, goes on with traced payments, then recovers by itself', async () => {
    await using here = await listen('/lab/trace?trace=faults', { url: stack.instances[0]?.url ?? '' });
    await using elsewhere = await listen('/lab/trace', { url: stack.instances[1]?.url ?? '' });
    const streams = [here, elsewhere];
    const heard = (requestId: string) =>
      Promise.all(
        streams.map((stream) =>
          stream.until((events) => events.some(({ data }) => data.requestId === requestId && data.step === 'answered')),
        ),
      );
    /** A stall may be taken for a trouble, too, which is over when Redis answers. */
    const troubles = () =>
      streams.map(({ events }) => events.filter(({ event }) => event === 'trouble').map(({ data }) => data.redis));
    const lastOf = () => troubles().map((told) => told.at(-1));
    await send(`${fault}-before`);
    await heard(`${fault}-before`);
    await begin();
    try {
      for (const number of [1, 2, 3, 4, 5]) expect(await send(`${fault}-${number}`)).toBe(200);
      await vi.waitFor(() => expect(lastOf()).toEqual(['down', 'down']), inTime);
      expect(await askInstances()).toMatchObject({ redis: 'down', database: 'up', instances: [{ state: 'up' }] });
      await using late = await listen('/lab/trace', { url: stack.instances[0]?.url ?? '' }); // a listener that connects meanwhile is told too
      await late.until((events) => events.length > 0);
      expect(late.events).toMatchObject([{ event: 'trouble', data: { redis: 'down' } }]);
    } finally {
      await end();
    }
    await vi.waitFor(() => expect(lastOf()).toEqual(['up', 'up']), inTime);
    for (const told of troubles()) expect(told).toEqual(told.map((_, index) => (index % 2 === 0 ? 'down' : 'up')));
    await vi.waitFor(async () => expect((await askInstances()).redis).toBe('up'), inTime);
    await vi.waitFor(
      async () => {
        await send(`${fault}-after`);
        expect(here.events.some(({ data }) => data.requestId === `${fault}-after`)).toBe(true);
      },
      { ...inTime, interval: 100 },
    );
    await heard(`${fault}-after`);
    const ids = elsewhere.events.filter(({ event }) => event === 'step').map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    // A Redis that was started anew has lost the stream, and what was in it; one that was frozen has lost nothing.
    const gaps = streams.map(({ events }) => events.filter(({ event }) => event === 'gap').length);
    expect(gaps).toEqual(fault === 'stopped' ? [1, 1] : [0, 0]);
  });
});

test('while MySQL is away a traced request says that it is unavailable, and the instances that the database is down', async () => {
  await using stream = await listen('/lab/trace?trace=faults', { url: stack.url });
  await stack.mysql.stop();
  try {
    expect(await send('no-mysql')).toBe(503);
    const steps = () => stream.events.filter(({ data }) => data.requestId === 'no-mysql');
    await stream.until(() => steps().some(({ data }) => data.step === 'answered'));
    expect(steps().map(({ data }) => [data.step, data.outcome])).toEqual([
      ['arrived', undefined],
      ['answered', 'unavailable'],
    ]);
    expect(await askInstances()).toMatchObject({ redis: 'up', database: 'down' });
  } finally {
    await stack.mysql.start();
  }
});
