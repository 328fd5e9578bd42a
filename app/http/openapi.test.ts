import { Validator } from '@seriousme/openapi-schema-validator';
import type { Express } from 'express';
import { createConnection } from 'mysql2/promise';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { call, newUser, stepped } from '../testing/client.ts';
import { type OpenInstance, openInstance, readyInstance } from '../testing/instance.ts';
import { compareWith, operationsIn } from '../testing/openapi.ts';
import { sharedRedis } from '../testing/shared.ts';
import { testStack } from '../testing/stack.ts';

let lab: OpenInstance;
let bare: OpenInstance;
/** Reaches neither Redis nor the database. */
let cutOff: OpenInstance;
const redis = sharedRedis();
beforeAll(async () => {
  const nowhere = { MYSQL_URL: 'mysql://nobody:none@127.0.0.1:1/none', REDIS_URL: 'redis://127.0.0.1:1' };
  [lab, bare, cutOff] = await Promise.all([
    readyInstance({ LAB: 'on', LOCK_MODE: 'redis', LOCK_WAIT_MS: '0' }),
    readyInstance(),
    openInstance({
      LAB: 'on',
      LOCK_MODE: 'redis',
      LOCK_WAIT_MS: '0',
      ...nowhere,
      REDIS_TIMEOUT_MS: '500',
      MYSQL_TIMEOUT_MS: '1100',
    }),
  ]);
});
afterAll(async () => {
  for (const instance of [lab, bare, cutOff]) await instance?.[Symbol.asyncDispose]();
});

const documentOf = async ({ url }: OpenInstance) => (await call('/openapi.json', { url })).body;
const compare = async (...paths: readonly string[]) => compareWith(await documentOf(lab), lab.url, paths);

test('the document is valid OpenAPI 3.1', async () => {
  for (const instance of [lab, bare]) {
    expect(await new Validator().validate(await documentOf(instance))).toEqual({ valid: true });
  }
});

test('the document has every route that is mounted, and no other', async () => {
  for (const instance of [lab, bare]) {
    const documented = operationsIn(await documentOf(instance)).map(({ name }) => name);
    expect(documented.toSorted()).toEqual(mountedIn(instance.app.router).toSorted());
  }
});

test('with LAB=off the document has nothing of the lab', async () => {
  const { paths } = await documentOf(bare);
  expect(Object.keys(paths).filter((path) => /^\/lab|run$/.test(path))).toEqual([]);
  expect(paths['/users/{id}/pay'].post.parameters).toMatchObject([{ name: 'id' }, { name: 'Idempotency-Key' }]);
});

describe('the service answers as the document says, with every status in it', () => {
  const amount = 4900;
  const form = { raw: 'amount=1', headers: { 'content-type': 'application/x-www-form-urlencoded' } };
  const huge = { json: { filler: 'x'.repeat(20_000) } };
  let id: number;
  beforeEach(async () => {
    id = await newUser();
  });

  test.each(['pay', 'cancel'])('/users/{id}/%s', async (kind) => {
    const { expectAnswer, unseen } = await compare(`/users/{id}/${kind}`);
    const name = `POST /users/{id}/${kind}`;
    const path = `/users/${id}/${kind}`;
    await redis.set(`PAYMENT_${id}_${amount}`, 'a rival');
    await expectAnswer(name, 409, path, { json: { amount } });
    await redis.del(`PAYMENT_${id}_${amount}`);
    await expectAnswer(name, 200, path, { json: { amount } });
    await expectAnswer(name, 200, path, { json: { amount } });
    const keyed = { headers: { 'idempotency-key': `${kind}-${id}` } };
    await expectAnswer(name, 200, path, { json: { amount }, ...keyed });
    await expectAnswer(name, 200, path, { json: { amount }, ...keyed });
    await expectAnswer(name, 422, path, { json: { amount: 100 }, ...keyed });
    await expectAnswer(name, 400, path, { json: { amount: 0 } });
    await expect
      .poll(async () => (await call('/lab/instances', { url: lab.url })).body.instances)
      .toContainEqual(expect.objectContaining({ name: 'app-1', state: 'up' }));
    const elsewhere = { json: { amount }, headers: { 'x-lab-instance': 'app-1' }, redirect: 'manual' } as const;
    await expectAnswer(name, 307, path, elsewhere);
    await expectAnswer(name, 404, path, { json: { amount }, headers: { 'x-lab-instance': 'none' } });
    await expectAnswer(name, 400, path, { json: { amount, currency: 'EUR' } });
    await expectAnswer(name, 400, `/users/%ff/${kind}`);
    await expectAnswer(name, 404, `/users/4000000000/${kind}`, { json: { amount } });
    await expectAnswer(name, 413, path, huge);
    await expectAnswer(name, 415, path, form);
    await expectAnswer(name, 503, path, { json: { amount }, url: cutOff.url });
    expect(unseen()).toEqual([]);
  });

  test('/users', async () => {
    const { expectAnswer, unseen } = await compare('/users', '/users/{id}');
    await expectAnswer('GET /users', 200, `/users?limit=1&after=${id - 1}`);
    await expectAnswer('GET /users', 400, '/users?limit=0');
    await expectAnswer('GET /users', 503, '/users', { url: cutOff.url });
    await expectAnswer('GET /users/{id}', 200, `/users/${id}`);
    await expectAnswer('GET /users/{id}', 400, '/users/0');
    await expectAnswer('GET /users/{id}', 404, '/users/4000000000');
    await expectAnswer('GET /users/{id}', 503, '/users/1', { url: cutOff.url });
    expect(unseen()).toEqual([]);
  });

  test('/jobs', async () => {
    const { expectAnswer, unseen } = await compare('/jobs', '/jobs/{name}/run');
    const freeJob = () => redis.del('JOB_reconcile'); // a job keeps its lock for some seconds after a short run
    await freeJob();
    await expectAnswer('POST /jobs/{name}/run', 200, '/jobs/reconcile/run');
    await freeJob();
    await expectAnswer('POST /jobs/{name}/run', 400, '/jobs/%ff/run');
    await expectAnswer('POST /jobs/{name}/run', 404, '/jobs/none/run');
    await expectAnswer('POST /jobs/{name}/run', 409, '/jobs/prune/run'); // runs on the leader only, and there is none
    await expectAnswer('POST /jobs/{name}/run', 503, '/jobs/reconcile/run', { url: cutOff.url });
    const { jobs } = (await expectAnswer('GET /jobs', 200, '/jobs')).body;
    expect(jobs[0].lastRuns).not.toEqual([]);
    await expectAnswer('GET /jobs', 503, '/jobs', { url: cutOff.url });
    expect(unseen()).toEqual(['POST /jobs/{name}/run 202']); // takes 10 s; see jobs/routes.test.ts
  });

  test('/lab/steps and /lab/locks', async () => {
    const path = '/lab/steps/{session}';
    const { expectAnswer, unseen } = await compare(path, `${path}/release`, `${path}/let-go`, '/lab/locks');
    const { url } = lab;
    const steps = '/lab/steps/openapi';
    const headers = stepped('openapi', 'stepped');
    const pay = expectAnswer('POST /users/{id}/pay', 200, `/users/${id}/pay`, { json: { amount }, headers });
    const requests = async () => (await call(steps, { url })).body.requests;
    await expect.poll(requests).toMatchObject([{ heldBefore: 'read' }]);
    await expectAnswer(`POST ${path}/release`, 200, `${steps}/release`, { json: { requestId: 'stepped' } });
    await expect.poll(requests).toMatchObject([{ heldBefore: 'act' }]);
    const { body } = await expectAnswer(`GET ${path}`, 200, steps);
    expect(body.requests).toMatchObject([{ saw: { paid: false } }]);
    const { locks } = (await expectAnswer('GET /lab/locks', 200, `/lab/locks?users=${id}`)).body;
    expect(locks).toHaveLength(1);
    await expectAnswer(`POST ${path}/let-go`, 200, `${steps}/let-go`);
    expect((await pay).headers.get('x-lab-steps')).toBe('let-go');

    await expectAnswer('GET /lab/locks', 400, '/lab/locks?users=ada');
    await expectAnswer(`GET ${path}`, 400, '/lab/steps/%20');
    await expectAnswer(`GET ${path}`, 503, steps, { url: cutOff.url });
    for (const command of ['release', 'let-go']) {
      const name = `POST ${path}/${command}`;
      await expectAnswer(name, 400, `${steps}/${command}`, { json: { requestId: '' } });
      await expectAnswer(name, 404, `${steps}/${command}`, { json: { requestId: 'none' } });
      await expectAnswer(name, 413, `${steps}/${command}`, huge);
      await expectAnswer(name, 415, `${steps}/${command}`, form);
      await expectAnswer(name, 503, `${steps}/${command}`, { json: { requestId: 'none' }, url: cutOff.url });
    }
    expect(unseen()).toEqual([]);
  });

  test('/lab/faults', async () => {
    const path = '/lab/faults/{name}';
    const { expectAnswer, unseen } = await compare('/lab/faults', `${path}/inject`, `${path}/heal`);
    expect((await expectAnswer('GET /lab/faults', 200, '/lab/faults')).body).toMatchObject({
      offered: false,
      faults: [],
    });
    for (const [command, json] of [
      ['inject', { forMs: 500 }],
      ['heal', {}],
    ] as const) {
      const [name, at] = [`POST ${path}/${command}`, `/lab/faults/freeze-app-1/${command}`];
      await expectAnswer(name, 400, at, { json: { forMs: 0 } });
      await expectAnswer(name, 409, at, { json });
      await expectAnswer(name, 413, at, huge);
      await expectAnswer(name, 415, at, form);
    }
    // Where faults are offered: see load-tests/faults/live.
    const elsewhere = ['inject', 'heal'].flatMap((command) =>
      [200, 404, 503].map((of) => `POST ${path}/${command} ${of}`),
    );
    expect(unseen().sort()).toEqual(elsewhere.sort());
  });

  test('the rest of /lab', async () => {
    const { expectAnswer, unseen } = await compare(
      '/lab/audit',
      '/lab/reset',
      '/lab/users',
      '/lab/trace',
      '/lab/instances',
    );
    await expectAnswer('GET /lab/trace', 200, '/lab/trace', { method: 'HEAD' }); // a GET would not end
    await expectAnswer('GET /lab/trace', 400, '/lab/trace?after=none');
    await expectAnswer('GET /lab/instances', 200, '/lab/instances');

    const { users } = (await expectAnswer('POST /lab/reset', 200, '/lab/reset', { json: { users: 1 } })).body;
    await call(`/users/${users[0].id}/pay`, { url: lab.url, json: { amount } });
    await chargeAgain(users[0].id);
    const { wronged } = (await expectAnswer('GET /lab/audit', 200, '/lab/audit')).body;
    expect(wronged).toMatchObject([{ userId: users[0].id, requests: [{ requestId: 'another' }] }]);
    await expectAnswer('GET /lab/audit', 503, '/lab/audit', { url: cutOff.url });
    await expectAnswer('POST /lab/reset', 400, '/lab/reset', { json: { users: 0 } });
    await expectAnswer('POST /lab/reset', 413, '/lab/reset', huge);
    await expectAnswer('POST /lab/reset', 415, '/lab/reset', form);
    await expectAnswer('POST /lab/reset', 503, '/lab/reset', { json: { users: 1 }, url: cutOff.url });
    await expectAnswer('POST /lab/users', 200, '/lab/users', { json: { users: 2 } });
    await expectAnswer('POST /lab/users', 400, '/lab/users', { json: { users: 101 } });
    await expectAnswer('POST /lab/users', 413, '/lab/users', huge);
    await expectAnswer('POST /lab/users', 415, '/lab/users', form);
    await expectAnswer('POST /lab/users', 503, '/lab/users', { json: { users: 1 }, url: cutOff.url });
    const elsewhere = ['POST /lab/reset 507', 'GET /lab/trace 503', 'POST /lab/users 507'];
    expect(unseen().sort()).toEqual(elsewhere.sort()); // see lab/routes.test.ts, trace/routes.test.ts
  });

  test('what is no part of payments, jobs or lab', async () => {
    const rest = Object.keys((await documentOf(lab)).paths).filter((path) => !/^\/(users|jobs|lab)/.test(path));
    const { expectAnswer, unseen } = await compare(...rest);
    await expectAnswer('GET /healthz', 200, '/healthz');
    await expect.poll(async () => (await call('/readyz', { url: lab.url })).status).toBe(200);
    await expectAnswer('GET /readyz', 200, '/readyz');
    await expectAnswer('GET /readyz', 503, '/readyz', { url: cutOff.url });
    await expectAnswer('GET /metrics', 200, '/metrics');
    await expectAnswer('GET /metrics', 404, '/metrics', { headers: { 'x-forwarded-for': '192.0.2.1' } });
    await expectAnswer('GET /openapi.json', 200, '/openapi.json');
    await expectAnswer('GET /problems/{type}', 200, '/problems/lock-busy');
    await expectAnswer('GET /problems/{type}', 400, '/problems/%ff');
    await expectAnswer('GET /problems/{type}', 404, '/problems/none');
    const { status } = await call('/', { url: lab.url });
    await expectAnswer('GET /', status, '/');
    expect(unseen()).toEqual([`GET / ${status === 200 ? 503 : 200}`]); // whether the page is built
  });
});

/** Copies the charges of a user, as a second request would make them. */
async function chargeAgain(userId: number): Promise<void> {
  await using connection = await createConnection(testStack().mysqlUrl);
  const columns = 'user_id, amount, instance';
  const copy = `INSERT INTO charges (request_id, ${columns}) SELECT 'another', ${columns} FROM charges WHERE user_id = ?`;
  await connection.query(copy, [userId]);
}

/** @returns what Express has routes for, in the document's words. */
function mountedIn({ stack }: Pick<Express['router'], 'stack'>): string[] {
  const names = stack.flatMap(({ route, handle }) => {
    if (!route) return mountedIn({ stack: [], ...handle });
    const methods = route.stack.map(({ method }) => method?.toUpperCase()).filter(Boolean);
    return methods.map((method) => `${method} ${route.path.replace(/:(\w+)/g, '{$1}')}`);
  });
  return [...new Set(names)]; // a method has several handlers
}
