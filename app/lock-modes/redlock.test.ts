import { Redis } from 'ioredis';
import { describe, expect, test } from 'vitest';
import { call, heldPay, newUser } from '../testing/client.ts';
import { openInstance, readyInstance, spawnInstance, untilReady } from '../testing/instance.ts';
import { testStack } from '../testing/stack.ts';

/** Of the five nodes, the last `away` ones are where nobody listens. */
function nodes(away: number): string {
  const there = testStack().redlockUrls.slice(0, 5 - away);
  return [...there, ...Array.from({ length: away }, (_, index) => `redis://127.0.0.1:${index + 1}`)].join(',');
}

const pay = (url: string, id: number, headers: Record<string, string> = {}) =>
  call(`/users/${id}/pay`, { url, json: { amount: 4900 }, headers });

/** @returns on how many of the stack's nodes the key is. */
async function copies(key: string): Promise<number> {
  const found = testStack().redlockUrls.map(async (url) => {
    const redis = new Redis(url);
    try {
      return await redis.exists(key);
    } finally {
      redis.disconnect();
    }
  });
  return (await Promise.all(found)).reduce((sum, count) => sum + count, 0);
}

describe('without a minority of its nodes', () => {
  test('an instance is ready, pays under the lock, and shuts down in good order', async () => {
    await using instance = await spawnInstance({ LOCK_MODE: 'redlock', REDLOCK_URLS: nodes(2), LAB: 'on' });
    await untilReady(instance);
    const id = await newUser();
    const paying = await heldPay(id, { url: instance.url });
    await expect.poll(() => copies(`PAYMENT_${id}_4900`)).toBe(3);
    const { headers, body } = await paying.letGo();
    expect([headers.get('x-lock-mode'), body.status]).toEqual(['redlock', 'paid']);
    await expect.poll(() => copies(`PAYMENT_${id}_4900`)).toBe(0);
    instance.process.kill('SIGTERM');
    expect(await instance.exited).toBe(0);
    for (const node of ['127.0.0.1:1', '127.0.0.1:2']) {
      const told = instance.output().match(new RegExp(`"redis":"${node}","msg":"Redis cannot be used`, 'g'));
      expect(told, instance.output()).toHaveLength(1); // and not once for every attempt to reach it
    }
    expect(instance.output()).not.toMatch(/unhandled| at .*\.ts:/i);
  });
});

describe('without a majority of its nodes', () => {
  test('an instance is not ready, refuses to pay, and is ready for the mode none all the same', async () => {
    const env = { REDLOCK_URLS: nodes(3), LAB: 'on' };
    await using redlock = await openInstance({ ...env, LOCK_MODE: 'redlock' });
    await using none = await readyInstance({ ...env, LOCK_MODE: 'none' });
    expect((await call('/healthz', { url: redlock.url })).status).toBe(200);
    const { status, body } = await call('/readyz', { url: redlock.url });
    expect([status, body.detail]).toEqual([503, 'The lock service does not answer.']);
    const id = await newUser();
    for (const [url, headers] of [
      [redlock.url, {}],
      [none.url, { 'x-lock-mode': 'redlock' }],
    ] as const) {
      const refused = await pay(url, id, headers);
      expect([refused.status, refused.body.type]).toEqual([503, '/problems/unavailable']);
    }
    expect((await call(`/users/${id}`)).body).toMatchObject({ paid: false, balance: 0 });
    expect((await pay(none.url, id)).body.status).toBe('paid');
  });
});

describe('an instance that was given no nodes', () => {
  test('has every mode but redlock, and says so to who asks for it', async () => {
    await using instance = await readyInstance({ REDLOCK_URLS: '', LAB: 'on' });
    const id = await newUser();
    const { status, body } = await pay(instance.url, id, { 'x-lock-mode': 'redlock' });
    expect(status).toBe(400);
    expect(body).toMatchObject({
      type: '/problems/invalid-request',
      errors: [{ field: 'X-Lock-Mode', detail: 'cannot be redlock on this instance, as REDLOCK_URLS is not set' }],
    });
    expect((await call(`/users/${id}`)).body).toMatchObject({ paid: false, balance: 0 });
    expect((await pay(instance.url, id, { 'x-lock-mode': 'redis' })).body.status).toBe('paid');
  });

  test('does not start in that mode', async () => {
    await using instance = await spawnInstance({ REDLOCK_URLS: '', LOCK_MODE: 'redlock' });
    expect(await instance.exited).toBe(1);
    expect(instance.output()).toMatch(/LOCK_MODE: needs REDLOCK_URLS/);
  });
});
