import { randomUUID } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { createConnection } from 'mysql2/promise';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { call, newUser } from '../testing/client.ts';
import { readyInstance } from '../testing/instance.ts';
import { type JobsInstance, type JobsInstanceOptions, openJobsInstance, testJob } from '../testing/jobs.ts';
import { type LocalServer, startLocalServer } from '../testing/local-server.ts';
import { PacedTime } from '../testing/paced-time.ts';
import { testStack } from '../testing/stack.ts';
import { soon, until } from '../testing/until.ts';
import { withResolvers } from '../testing/with-resolvers.ts';

interface Served {
  readonly url: string;
  readonly instance: JobsInstance;
}

const time = new PacedTime();
const servers: LocalServer[] = [];
const newYear = '0 0 1 1 *';
const never = { SYNC_SCHEDULE: newYear, PRUNE_SCHEDULE: newYear, RECONCILE_SCHEDULE: newYear };
/** Ends the runs of the job `held`. */
const releases: (() => void)[] = [];
/** Called when a run of `held` begins. */
let onHeld = () => {};

const often = testJob(async () => 'done');
const held = testJob(
  () =>
    new Promise((resolve) => {
      releases.push(() => resolve('held'));
      onHeld();
    }),
  { schedule: newYear, atLeastForMs: 5000 },
);
const ofLeader = testJob(async () => 'done', { schedule: newYear, onLeader: true });
/** Two instances run jobs; the third does not, and has no lab. */
let first: Served;
let second: Served;
let off: Served;

async function serve(handler: RequestListener): Promise<string> {
  const server = await startLocalServer(handler);
  servers.push(server);
  return server.url;
}

async function open(options: JobsInstanceOptions): Promise<Served> {
  const instance = await openJobsInstance({ time, ...options });
  return { instance, url: await serve(instance.app) };
}

beforeAll(async () => {
  const common = { jobs: [often, held, ofLeader], leaderKey: `LEADER_${randomUUID()}`, config: { LAB: true } };
  first = await open({ ...common, name: 'app-1' });
  second = await open({ ...common, name: 'app-2' });
  off = await open({ ...common, name: 'app-3', config: { JOBS: false, LAB: false } });
  for (const { instance } of [first, second, off]) instance.start();
});
afterEach(() => {
  for (const release of releases.splice(0)) release();
});
afterAll(async () => {
  for (const one of [first, second, off]) await one?.instance.stop();
  for (const server of servers) await server[Symbol.asyncDispose]();
});

// biome-ignore lint/suspicious/noExplicitAny: what a test expects of it is what it checks
type Json = any;
const post = ({ url }: { url: string }, path: string) => call(path, { url, method: 'POST' });
const overview = async ({ url }: { url: string }): Promise<Json> => (await call('/jobs', { url })).body;
const jobOf = (body: Json, { name }: { name: string }): Json => body.jobs.find((job: Json) => job.name === name);
const newYearInWords = 'At 00:00, on day 1 of the month, only in January';

test('GET /jobs lists schedules, runs, skips and the leader', async () => {
  await time.pass(4500);
  const body = await overview(second);
  expect(body).toMatchObject({ instance: 'app-2', scheduling: true, now: expect.stringMatching(/^20.*Z$/) });
  expect(body.leader).toMatchObject({ instance: expect.stringMatching(/^app-[12]$/), since: expect.any(String) });
  expect(body.jobs.map((job: Json) => [job.name, job.inWords, job.onLeader])).toEqual([
    [often.name, 'Every second', false],
    [held.name, newYearInWords, false],
    [ofLeader.name, newYearInWords, true],
  ]);
  const { lastRuns, ranBy, skips, missed, ...job } = jobOf(body, often);
  expect(lastRuns.filter((run: Json) => run.outcome).length).toBeGreaterThan(2);
  expect(job).toMatchObject({ schedule: '* * * * * *', timeZone: 'UTC', ttlMs: 60_000 });
  expect(new Date(job.nextRunAt).getTime()).toBeGreaterThan(new Date(body.now).getTime());
  const done = lastRuns.find((run: Json) => run.outcome);
  expect(done).toMatchObject({ outcome: 'succeeded', byHand: false, instance: expect.stringMatching(/^app-[12]$/) });
  expect(new Date(done.endedAt).getTime()).toBeGreaterThanOrEqual(new Date(done.startedAt).getTime());
  expect(BigInt(done.token)).toBeGreaterThan(0n);
  expect(ranBy[0]).toMatchObject({ instance: expect.stringMatching(/^app-[12]$/), runs: expect.any(Number) });
  expect(skips[0]).toMatchObject({ instance: expect.stringMatching(/^app-[12]$/), skips: expect.any(Number) });
  expect(missed).toMatchObject({ count: 0, more: false });

  const scraped = await Promise.all([first, second].map(({ url }) => call('/metrics', { url })));
  const metrics = scraped.map((answer) => answer.body).join('');
  expect(metrics).toMatch(
    new RegExp(`^job_run_duration_seconds_count\\{job="${often.name}",outcome="succeeded"\\} [1-9]`, 'm'),
  );
  expect(metrics).toMatch(new RegExp(`^job_skips_total\\{job="${often.name}",reason="(held|taken)"\\} [1-9]`, 'm'));
  expect(metrics.match(/^jobs_leader 1$/gm)).toHaveLength(1);
});

test('with JOBS=off lists the same and runs nothing; no manual run without lab', async () => {
  await time.pass(2000);
  const body = await overview(off);
  expect(body.scheduling).toBe(false);
  expect(body.jobs.map((job: Json) => job.name)).toEqual([often.name, held.name, ofLeader.name]);
  const { lastRuns, skips } = jobOf(body, often);
  expect([...lastRuns, ...skips].map((row: Json) => row.instance)).not.toContain('app-3');
  expect((await post(off, `/jobs/${often.name}/run`)).status).toBe(404);
});

test('what a run did is shown to those within, and with the lab on', async () => {
  await time.pass(2000);
  const detailsOf = async ({ url }: Served, headers: Record<string, string>) => {
    const { lastRuns } = jobOf((await call('/jobs', { url, headers })).body, often);
    return new Set(lastRuns.filter((run: Json) => run.outcome === 'succeeded').map((run: Json) => run.detail));
  };
  const proxied = { 'x-forwarded-for': '192.0.2.1' };
  expect(await detailsOf(off, proxied)).toEqual(new Set([null]));
  expect(await detailsOf(off, {})).toEqual(new Set(['done']));
  expect(await detailsOf(first, proxied)).toEqual(new Set(['done']));
});

test('GET /jobs leaves half of the connections to payments', async () => {
  await using instance = await readyInstance({ MYSQL_POOL_MAX: '4', LOCK_MODE: 'none' });
  await using holder = await createConnection(testStack().mysqlUrl);
  await holder.query('LOCK TABLES job_skips WRITE');
  const overviews = Array.from({ length: 8 }, () => call('/jobs', { url: instance.url }));
  const used = async () => /^mysql_pool_used (\d+)$/m.exec((await call('/metrics', { url: instance.url })).body)?.[1];
  await expect.poll(used).toBe('2');
  const paid = await call(`/users/${await newUser()}/pay`, { url: instance.url, json: { amount: 4900 } });
  expect(paid.body.status).toBe('paid');
  await holder.query('UNLOCK TABLES');
  expect((await Promise.all(overviews)).map(({ status }) => status)).toEqual(Array(8).fill(200));
});

test('the jobs are reconcile, sync if it has URLs, and prune on the leader', async () => {
  const jobsOf = async (config: JobsInstanceOptions['config']) => {
    const served = await open({ config: { ...never, ...config } });
    const { jobs } = await overview(served);
    await served.instance.stop();
    return jobs.map((job: Json) => [job.name, job.inWords, job.onLeader]);
  };
  const reconcile = ['reconcile', newYearInWords, false];
  const prune = ['prune', newYearInWords, true];
  expect(await jobsOf({ SYNC_URLS: ['http://127.0.0.1:1'] })).toEqual([
    reconcile,
    ['sync', newYearInWords, false],
    prune,
  ]);
  expect(await jobsOf({})).toEqual([reconcile, prune]);
});

/** Starts a manual run of `held` once no other holds its lock, and waits until it begins. @returns the answer. */
async function runHeld(at: Served): Promise<{ answer: ReturnType<typeof post> }> {
  await time.pass(5001);
  const { promise: begun, resolve } = withResolvers();
  onHeld = resolve;
  const answer = post(at, `/jobs/${held.name}/run`);
  await begun;
  return { answer };
}

test('POST /jobs/:name/run runs the job, on one instance at a time', async () => {
  const { answer: ran } = await runHeld(second);
  const busy = await post(first, `/jobs/${held.name}/run`);
  expect([busy.status, busy.body.type]).toEqual([409, '/problems/job-busy']);
  expect(Number(busy.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
  releases[0]?.();
  const { status, body } = await ran;
  expect(status).toBe(200);
  const run = { outcome: 'succeeded', byHand: true, instance: 'app-2', detail: 'held' };
  expect(body).toMatchObject({ status: 'ran', run });
  expect((await post(first, `/jobs/${held.name}/run`)).body.type).toBe('/problems/job-busy'); // held for at-least-for

  const { answer: next } = await runHeld(first);
  releases[1]?.();
  expect((await next).body).toMatchObject({ status: 'ran', run: { instance: 'app-1' } });

  const unknown = await post(first, '/jobs/snyc/run');
  expect([unknown.status, unknown.body.type]).toEqual([404, '/problems/unknown-job']);
  expect(unknown.body.detail).toBe(`No job is named snyc. The jobs are ${often.name}, ${held.name}, ${ofLeader.name}.`);
  expect((await call(`/jobs/${held.name}/run`, { url: first.url })).status).toBe(405);
});

test('POST /jobs/:name/run answers 202 during a long run', async () => {
  const { answer } = await runHeld(first);
  await time.pass(10_001);
  const { status, body } = await answer;
  expect(status).toBe(202);
  expect(body).toMatchObject({ status: 'running', run: { outcome: null, instance: 'app-1' } });
});

test('a shutdown aborts and records runs, and releases locks', async () => {
  const { promise: called, resolve: onCalled } = withResolvers();
  const SYNC_URLS = await serve(onCalled); // never answers
  const { redis } = first.instance;
  await redis.del('JOB_sync');
  const env = { ...never, SYNC_URLS, SYNC_TIMEOUT_MS: '100000', INSTANCE: 'app-4', JOBS: 'on', LAB: 'on' };
  await using instance = await readyInstance(env);
  const leader = async () => (await overview(instance)).leader?.instance;
  await until('it leads', async () => (await leader()) === 'app-4', soon);
  const answer = post(instance, '/jobs/sync/run');
  await called;
  await expect.poll(() => redis.exists('JOB_sync', 'JOBS_LEADER')).toBe(2);
  const exitCode = instance.shutDown();
  expect((await answer).body).toMatchObject({ run: { outcome: 'killed', detail: 'the instance was stopped' } });
  expect(await exitCode).toBe(0);
  expect(await redis.exists('JOB_sync', 'JOBS_LEADER', 'JOBS_LEADER_IS')).toBe(0);
});
