import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRedisLock, createRedlock, type DistributedLock } from '../redis-lock/index.ts';
import { call, heldRequest, newUser, sendPayment, stepped } from '../testing/client.ts';
import { type OpenInstance, openInstance, readyInstance } from '../testing/instance.ts';
import { testStack } from '../testing/stack.ts';
import { soon, until } from '../testing/until.ts';

let instance: OpenInstance;
/** An instance with short waits. */
let hasty: OpenInstance;
/** An instance with short leases. */
let losing: OpenInstance;
beforeAll(async () => {
  const settings = { LAB: 'on', LOCK_MODE: 'redis' };
  instance = await readyInstance({ ...settings, LOCK_WAIT_MS: '100000', LOCK_TTL_MS: '100000' });
  hasty = await readyInstance({ ...settings, LOCK_WAIT_MS: '100' });
  losing = await readyInstance({ ...settings, LOCK_WAIT_MS: '100000', LOCK_TTL_MS: '300', LOCK_MAX_HOLD_MS: '300' });
});
afterAll(async () => {
  for (const one of [instance, hasty, losing]) await one?.[Symbol.asyncDispose]();
});

const pay = (id: number, headers: Record<string, string> = {}, at = instance) =>
  sendPayment('pay', id, { url: at.url, headers });

async function scrape(at = instance): Promise<string> {
  const { status, body } = await call('/metrics', { url: at.url });
  expect(status).toBe(200);
  return body;
}

const inFlight = async () => (await call('/healthz', { url: instance.url })).body.inFlight;

/** @returns the value of one series, named as in Prometheus; 0 if it does not exist. */
async function value(series: string, at = instance): Promise<number> {
  const line = (await scrape(at)).split('\n').find((candidate) => candidate.startsWith(`${series} `));
  return Number(line?.slice(series.length + 1) ?? 0);
}

/** @returns by how much the series grows while `work` runs. */
async function growth(series: string, work: () => Promise<unknown>, at = instance): Promise<number> {
  const before = await value(series, at);
  await work();
  return (await value(series, at)) - before;
}

/** @returns the duration of `work` in seconds: an upper bound of everything timed within it. */
async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return (performance.now() - startedAt) / 1000;
}

describe.each(['redis', 'redlock'])('the lock of the mode %s', (mode) => {
  const headers = { 'x-lock-mode': mode };
  const nodes: Redis[] = [];
  let rivalsLock: DistributedLock;
  beforeAll(() => {
    const { redisUrl, redlockUrls } = testStack();
    const patient = { nodeTimeoutMs: 30_000, ttlMs: 100_000 };
    nodes.push(...(mode === 'redis' ? [redisUrl] : redlockUrls).map((url) => new Redis(url)));
    const [first] = nodes;
    rivalsLock = mode === 'redis' && first ? createRedisLock(first, patient) : createRedlock(nodes, patient);
  });
  afterAll(async () => {
    await rivalsLock.close();
    for (const node of nodes) node.disconnect();
  });

  test('counts acquisitions and releases, and times holds in seconds', async () => {
    const id = await newUser();
    const held = `lock_hold_duration_seconds_sum{mode="${mode}",outcome="released"}`;
    const released = `lock_hold_duration_seconds_count{mode="${mode}",outcome="released"}`;
    const acquired = `lock_acquire_duration_seconds_count{mode="${mode}",outcome="acquired"}`;
    const waited = `lock_acquire_duration_seconds_sum{mode="${mode}",outcome="acquired"}`;
    const series = [held, released, acquired, waited];
    const before = await Promise.all(series.map((name) => value(name)));
    const tookSeconds = await secondsOf(async () => {
      expect((await pay(id, { ...headers, 'x-gateway-ms': '100' })).body.status).toBe('paid');
    });
    const [heldBy, releasedBy, acquiredBy, waitedBy] = (await Promise.all(series.map((name) => value(name)))).map(
      (after, index) => after - (before[index] ?? 0),
    );
    expect([releasedBy, acquiredBy]).toEqual([1, 1]);
    expect(heldBy).toBeGreaterThan(0.02);
    expect(heldBy).toBeLessThan(tookSeconds);
    expect(waitedBy).toBeGreaterThan(0);
    expect(waitedBy).toBeLessThan(tookSeconds);
  });

  test('counts busy attempts', async () => {
    const id = await newUser();
    const rival = await rivalsLock.acquire(`PAYMENT_${id}_4900`);
    expect(rival.outcome).toBe('acquired');
    const busy = `lock_acquire_duration_seconds_count{mode="${mode}",outcome="busy"}`;
    const waited = `lock_acquire_duration_seconds_sum{mode="${mode}",outcome="busy"}`;
    const waitedBefore = await value(waited, hasty);
    const refused = async () => expect((await pay(id, headers, hasty)).status).toBe(409);
    const tookSeconds = await secondsOf(async () => expect(await growth(busy, refused, hasty)).toBe(1));
    const waitedSeconds = (await value(waited, hasty)) - waitedBefore;
    expect(waitedSeconds).toBeGreaterThan(0.05); // LOCK_WAIT_MS is 100
    expect(waitedSeconds).toBeLessThan(tookSeconds);
  });

  test('counts hand-overs within the process', async () => {
    const id = await newUser();
    const acquired = `lock_acquire_duration_seconds_count{mode="${mode}",outcome="acquired"}`;
    const acquiredBefore = await value(acquired);
    const handedOver = await growth(`lock_handed_on_total{mode="${mode}"}`, async () => {
      const first = await heldRequest(id, { url: instance.url, headers });
      const others = [2, 3, 4].map(() => pay(id, headers));
      await expect.poll(inFlight).toBe(4);
      const answers = await Promise.all([first.resume(), ...others]);
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    });
    expect((await value(acquired)) - acquiredBefore).toBe(4);
    expect(handedOver).toBeGreaterThan(0);
    expect(handedOver).toBeLessThan(4); // the first is granted by Redis
  });

  test('counts lost leases by reason, and times them until the loss', async () => {
    const id = await newUser();
    const lost = `lock_losses_total{mode="${mode}",reason="expired"}`;
    const held = `lock_hold_duration_seconds_sum{mode="${mode}",outcome="lost"}`;
    const [lostBefore, heldBefore] = [await value(lost, losing), await value(held, losing)];
    const tookSeconds = await secondsOf(async () => {
      // On a busy machine, a lease may be over before it is granted: the pay is refused then.
      const tryToHold = () => heldRequest(id, { url: losing.url, headers }).catch(() => false as const);
      const late = await until('a pay is held', tryToHold, soon);
      await expect.poll(() => value(lost, losing)).toBeGreaterThan(lostBefore);
      await late.resume();
    });
    const heldSeconds = (await value(held, losing)) - heldBefore;
    expect(heldSeconds).toBeGreaterThan(0); // the grant may come when most of the lease is over
    expect(heldSeconds).toBeLessThan(tookSeconds);
  });
});

describe('requests', () => {
  const requests = (route: string, status: number) =>
    `http_request_duration_seconds_count{route="${route}",status="${status}"}`;

  test('are counted by route pattern and status', async () => {
    const id = await newUser();
    expect(await growth(requests('/users/:id/pay', 200), () => pay(id))).toBe(1);
    expect(await growth(requests('/users/:id/pay', 400), () => pay(0))).toBe(1);
    expect(await growth(requests('none', 404), () => call('/nowhere', { url: instance.url }))).toBe(1);
    const list = () => call('/users', { url: instance.url, method: 'DELETE' });
    expect(await growth(requests('/users', 405), list)).toBe(1);
  });

  test('are timed in seconds', async () => {
    const id = await newUser();
    const sum = 'http_request_duration_seconds_sum{route="/users/:id/pay",status="200"}';
    let took = 0;
    const tookSeconds = await secondsOf(async () => {
      took = await growth(sum, () => pay(id, { 'x-lock-mode': 'none', 'x-gateway-ms': '100' }));
    });
    expect(took).toBeGreaterThan(0.02);
    expect(took).toBeLessThan(tookSeconds);
  });

  test('of disconnected clients are counted as 499', async () => {
    const id = await newUser();
    const before = await value(requests('/users/:id/pay', 499));
    const gone = new AbortController();
    const headers = { 'x-lock-mode': 'none', ...stepped(randomUUID(), 'gone') };
    const answer = sendPayment('pay', id, { url: instance.url, headers, signal: gone.signal }).catch(
      (error: Error) => error,
    );
    await expect.poll(inFlight).toBeGreaterThan(0);
    gone.abort();
    expect(await answer).toBeInstanceOf(Error);
    await expect.poll(() => value(requests('/users/:id/pay', 499))).toBe(before + 1);
    await expect.poll(inFlight).toBe(0);
  });

  test('add no series per user, key, path, request id or method', async () => {
    const id = await newUser();
    const ask = async (userId: number, path: string, method: string) => {
      await pay(userId, { 'x-request-id': `of-${path}` });
      await call(`/${path}`, { url: instance.url, method });
      await call(`/users/${userId}/pay`, { url: instance.url, method });
    };
    await ask(id, 'one', 'DELETE');
    const series = (text: string) =>
      text.split('\n').filter((line) => line.startsWith('http_') || line.startsWith('lock_'));
    await scrape(); // its own series is there from now on
    const before = series(await scrape());
    await ask(await newUser(), 'two', 'PUT');
    await ask(await newUser(), 'three', 'PATCH');
    const names = (lines: string[]) => lines.map((line) => line.slice(0, line.lastIndexOf(' ')));
    expect(names(series(await scrape()))).toEqual(names(before));
    expect(names(before).join('\n')).not.toMatch(/PAYMENT|of-one|DELETE|\/users\/\d/);
  });
});

describe('/metrics', () => {
  test('is in the Prometheus format, with the process metrics', async () => {
    const { headers, body } = await call('/metrics', { url: instance.url });
    expect(headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    for (const name of ['process_cpu_seconds_total', 'process_resident_memory_bytes', 'nodejs_eventloop_lag_seconds']) {
      expect(body).toMatch(new RegExp(`^${name} [0-9.e+-]+$`, 'm'));
    }
  });

  test('says what an operator looks at', async () => {
    const held = await heldRequest(await newUser(), { url: instance.url });
    expect(await value('payments_in_flight')).toBe(1);
    await held.resume();
    for (const series of ['instance_ready', 'mysql_up']) await expect.poll(() => value(series)).toBe(1);
    expect(await value('mysql_pool_max')).toBe(20);
    expect(await scrape()).toMatch(/^mysql_pool_(used|waiting) \d+$/m);
    for (const server of ['redis', 'redlock-5']) expect(await value(`redis_up{server="${server}"}`)).toBe(1);
    expect(await scrape()).toMatch(/^build_info\{version="\d+\.\d+\.\d+",node="v[\d.]+"\} 1$/m);
    const unknown = async () => void (await call('/users/4294967295', { url: instance.url }));
    expect(await growth('http_problems_total{type="unknown-user"}', unknown)).toBe(1);
    await using cutOff = await openInstance({
      ...{ MYSQL_URL: 'mysql://user@127.0.0.1:1/nothing', REDIS_URL: 'redis://127.0.0.1:1', LOCK_MODE: 'redis' },
    });
    await cutOff.tried;
    for (const series of ['instance_ready', 'mysql_up', 'redis_up{server="redis"}']) {
      expect(await scrape(cutOff), series).toContain(`\n${series} 0\n`);
    }
  });

  test('accepts GET and HEAD', async () => {
    expect((await call('/metrics', { url: instance.url, method: 'HEAD' })).status).toBe(200);
    const answer = await call('/metrics', { url: instance.url, method: 'POST' });
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toBe('GET, HEAD, OPTIONS');
    expect(answer.body.type).toBe('/problems/method-not-allowed');
  });

  test.each(['/metrics', '/metrics/', '//metrics', '/METRICS', '/%6detrics', '/metrics?x=1'])(
    'is not served through nginx: %s',
    async (path) => {
      const { status, body } = await call(`${testStack().url}${path}`);
      expect(status).toBe(404);
      expect(body).toMatchObject({ type: '/problems/not-found', status: 404, requestId: expect.any(String) });
    },
  );
});
