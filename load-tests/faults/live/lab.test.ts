import { once } from 'node:events';
import { get } from 'node:http';
import { afterAll, beforeAll, expect } from 'vitest';
import { call, sendPayment } from '../../../app/testing/client.ts';
import { soon, until } from '../../../app/testing/until.ts';
import { resetUsers } from '../../client/lab-client.ts';
import type { Stack } from '../../stack/index.ts';
import { askRedis } from '../../stack/servers/ask-redis.ts';
import { test } from '../../testing/browser/page-test.ts';
import { type Lab, startLab } from './lab.ts';

let opened: Lab;
let lab: Stack;
beforeAll(async () => {
  opened = await startLab({ instances: 2, env: { LOCK_MODE: 'redis' } });
  lab = opened.stack;
  await resetUsers(lab.url, 10);
});
afterAll(() => opened[Symbol.asyncDispose]());

const inject = async (name: string) =>
  (await call(`/lab/faults/${name}/inject`, { url: lab.url, json: { forMs: 60_000 } })).body;
const heal = async (name: string) => (await call(`/lab/faults/${name}/heal`, { url: lab.url, json: {} })).body;
const stateOf = async (name: string) =>
  (await call('/lab/faults', { url: lab.url })).body.faults.find((fault: { name: string }) => fault.name === name)
    .state;
const freshUser = async () => (await call('/lab/users', { url: lab.url, json: { users: 1 } })).body.users?.[0].id;
/** Pays at an instance, each time for a fresh user, until that is answered so. */
const answers = (url: string, wanted: string) =>
  until(
    `a pay is answered ${wanted}`,
    async () => {
      const { body } = await sendPayment('pay', await freshUser(), { url });
      return [body.status, body.type].includes(wanted);
    },
    soon,
  );

test('offers the faults of the instances, Redis and the database through nginx', async () => {
  const { status, body, headers } = await call('/lab/faults', { url: lab.url });
  expect(status).toBe(200);
  expect(headers.get('x-powered-by')).toBeNull();
  expect(body.offered).toBe(true);
  expect(body.faults.map(({ name }: { name: string }) => name)).toEqual(
    expect.arrayContaining(['freeze-app-1', 'kill-app-2', 'cut-app-1', 'failover', 'kill-redlock-5', 'kill-mysql']),
  );
  expect((await call('/lab/faults/none/inject', { url: lab.url, json: { forMs: 500 } })).body).toMatchObject({
    type: '/problems/unknown-fault',
    requestId: expect.any(String),
  });
  const answer = once(get(`${lab.url}/lab/faults`, { headers: { host: 'rebind.test' } }), 'response');
  expect((await answer)[0].statusCode).toBe(421);
});

test('pauses and resumes an instance, and kills and restarts it', async () => {
  const [first] = lab.instances;
  const health = () => fetch(`${first?.url}/healthz`, { signal: AbortSignal.timeout(500) });
  await inject('freeze-app-1');
  expect(await stateOf('freeze-app-1')).toBe('active');
  await expect(health()).rejects.toThrow();
  expect((await inject('kill-app-1')).type).toBe('/problems/fault-in-progress');
  await heal('freeze-app-1');
  expect((await call('/healthz', { url: first?.url ?? '' })).status).toBe(200);
  const pid = first?.pid;
  await inject('kill-app-1');
  await heal('kill-app-1');
  expect(first?.pid).not.toBe(pid);
  expect((await call('/healthz', { url: first?.url ?? '' })).body.pid).toBe(first?.pid);
});

test('an instance that is cut off from Redis serves no pay, the other does', async () => {
  const [first, second] = lab.instances.map(({ url }) => url);
  await inject('cut-app-1');
  await answers(first ?? '', '/problems/unavailable');
  await answers(second ?? '', 'paid');
  await heal('cut-app-1');
  await answers(first ?? '', 'paid');
});

test('a failover to a lagging replica loses the last writes; the way back loses none', async () => {
  const [first, second] = lab.instances.map(({ url }) => url);
  const write = (key: string) => askRedis(lab.redis.url, (redis) => redis.set(key, '1'));
  const keys = () => askRedis(lab.redis.url, (redis) => redis.mget('replicated', 'lost', 'later'));
  await write('replicated');
  await askRedis(lab.redis.url, (redis) => redis.wait(1, 60_000));
  await inject('cut-replica');
  await write('lost');
  await inject('failover');
  await answers(first ?? '', 'paid');
  await heal('failover');
  await heal('cut-replica');
  await write('later');
  for (const url of [first, second]) await answers(url ?? '', 'paid');
  expect(await keys()).toEqual(['1', null, '1']);
});

test('the page pauses the instance that holds the lock of a race, and heals it', async ({ visit }) => {
  const { page } = await visit(lab.url);
  await page.getByRole('radio', { name: '30 s' }).check(); // it must not heal by itself before it is healed
  await page.getByRole('button', { name: 'Race slowly', disabled: false }).click();
  const holder = page.getByRole('row').filter({ hasText: 'pay, holds the lock' });
  await holder.getByRole('button', { name: /^Pause app-/ }).click();
  await page
    .locator('#runs .bar.fault')
    .getByText(/^app-\d is paused$/)
    .waitFor();
  const paused = page.getByRole('row').filter({ hasText: 'is paused heals in' });
  await paused.getByRole('button', { name: /^Heal app-/ }).click();
  await paused.waitFor({ state: 'hidden' });
});
