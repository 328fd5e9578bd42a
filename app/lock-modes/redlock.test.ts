import { Redis } from 'ioredis';
import { describe, expect, test } from 'vitest';
import { call, heldRequest, newUser, sendPayment } from '../testing/client.ts';
import { openInstance, readyInstance } from '../testing/instance.ts';
import { testStack } from '../testing/stack.ts';

/** @returns the URLs of the five nodes, of which the last `away` are unreachable. */
function nodes(away: number): string {
  const there = testStack().redlockUrls.slice(0, 5 - away);
  return [...there, ...Array.from({ length: away }, (_, index) => `redis://127.0.0.1:${index + 1}`)].join(',');
}

const pay = (url: string, id: number, headers: Record<string, string> = {}) => sendPayment('pay', id, { url, headers });

/** @returns on how many nodes the key is. */
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
  test('is ready, pays under the lock, and shuts down cleanly', async () => {
    await using instance = await readyInstance({ LOCK_MODE: 'redlock', REDLOCK_URLS: nodes(2), LAB: 'on' });
    const id = await newUser();
    const paying = await heldRequest(id, { url: instance.url });
    await expect.poll(() => copies(`PAYMENT_${id}_4900`)).toBe(3);
    const { headers, body } = await paying.resume();
    expect([headers.get('x-lock-mode'), body.status]).toEqual(['redlock', 'paid']);
    await expect.poll(() => copies(`PAYMENT_${id}_4900`)).toBe(0);
    expect(await instance.shutDown()).toBe(0);
    for (const node of ['127.0.0.1:1', '127.0.0.1:2']) {
      const warnings = instance.output().match(new RegExp(`"redis":"${node}","msg":"Redis unavailable`, 'g'));
      expect(warnings, instance.output()).toHaveLength(1); // not one per reconnect
    }
    expect(instance.output()).not.toMatch(/unhandled|^ +at .+:\d+/im);
  });
});

describe('without a majority of its nodes', () => {
  test('is not ready and refuses to pay, except in the mode none', async () => {
    const env = { REDLOCK_URLS: nodes(3), LAB: 'on' };
    await using redlock = await openInstance({ ...env, LOCK_MODE: 'redlock' });
    await using none = await readyInstance({ ...env, LOCK_MODE: 'none' });
    expect((await call('/healthz', { url: redlock.url })).status).toBe(200);
    const why = async () => {
      const { status, body } = await call('/readyz', { url: redlock.url });
      return [status, body.detail];
    };
    await expect.poll(why).toEqual([503, 'The lock service does not answer.']);
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

describe('without configured nodes', () => {
  test('has every mode but redlock, and rejects requests for it', async () => {
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
});
