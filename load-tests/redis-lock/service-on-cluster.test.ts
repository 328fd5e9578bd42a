import { expect, test } from 'vitest';
import { call, heldPay, newUser } from '../../app/testing/client.ts';
import { listen } from '../../app/testing/event-stream.ts';
import { readyInstance } from '../../app/testing/instance.ts';
import { inTime } from './leases.ts';
import { useRedisCluster } from './redis-cluster.ts';

const cluster = useRedisCluster();

test('two instances on a Redis Cluster guard payments, and share the lab', async () => {
  const env = { REDIS_URL: cluster.url(), LAB: 'on', LOCK_WAIT_MS: '60000' };
  await using first = await readyInstance({ ...env, INSTANCE: 'first' });
  const withUnknownHost = cluster.url().replace('//', '//no-such-host.invalid,'); // the first one
  await using second = await readyInstance({ ...env, INSTANCE: 'second', REDIS_URL: withUnknownHost });
  const { url } = second;
  // An instance is ready before each of its two clients is connected to each server.
  const boards = () => Promise.all([first, second].map(({ url }) => call('/lab/steps/none', { url })));
  await expect.poll(async () => (await boards()).map(({ status }) => status), inTime).toEqual([200, 200]);
  await using trace = await listen('/lab/trace?trace=waiting', { url: first.url });
  const headers = { 'x-lock-mode': 'redis' };
  const users = await Promise.all(Array.from({ length: 6 }, () => newUser())); // their locks lie in different slots
  for (const userId of users) {
    const held = await heldPay(userId, { url: first.url, headers });
    const waiting = call(`/users/${userId}/pay`, {
      url,
      json: { amount: 4900 },
      headers: { ...headers, 'x-lab-trace': 'waiting' },
    });
    const locks = async () => (await call(`/lab/locks?users=${userId}`, { url })).body.locks;
    await expect.poll(locks, inTime).toMatchObject([{ key: `PAYMENT_${userId}_4900`, on: 'redis', waiting: 1 }]);
    expect((await held.resume()).body.status).toBe('paid');
    expect((await waiting).body.status).toBe('already_paid');
    expect(await locks()).toEqual([]);
  }
  const ended = () => trace.events.filter(({ data }) => data.step === 'answered');
  await trace.until(() => ended().length === users.length);
  const { body } = await call('/lab/instances', { url });
  expect(body.instances.map(({ name }: { name: string }) => name)).toEqual(['first', 'second']);
});
