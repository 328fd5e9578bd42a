import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { call } from '../testing/client.ts';
import { spawnInstance, type TestInstance, untilReady } from '../testing/instance.ts';
import { testStack } from '../testing/stack.ts';

/** What the job `sync` calls: it answers at once, unless a test holds it. */
let server: Server;
let url: string;
let hold = false;
const held: ServerResponse[] = [];
let redis: Redis;
/** Two that run jobs, and one that does not and has no lab. */
let first: TestInstance;
let second: TestInstance;
let off: TestInstance;
beforeAll(async () => {
  redis = new Redis(testStack().redisUrl);
  server = createServer((_req, res) => void (hold ? held.push(res) : res.end()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const never = { SYNC_SCHEDULE: '0 0 1 1 *', PRUNE_SCHEDULE: '0 0 1 1 *' };
  const common = { ...never, JOBS_TTL_MS: '20000', RECONCILE_SCHEDULE: '* * * * * *', SYNC_URLS: url };
  const on = { ...common, JOBS: 'on', LAB: 'on' };
  first = await spawnInstance({ ...on, INSTANCE: 'app-1' });
  second = await spawnInstance({ ...on, INSTANCE: 'app-2' });
  off = await spawnInstance({ ...common, INSTANCE: 'app-3', JOBS: 'off', LAB: 'off', SYNC_URLS: '' });
  await Promise.all([first, second, off].map(untilReady));
});
afterEach(() => {
  hold = false;
  for (const res of held.splice(0)) res.end();
});
afterAll(() => {
  for (const instance of [first, second, off]) instance?.process.kill('SIGKILL');
  redis.disconnect();
  server.closeAllConnections();
  server.close();
});

// biome-ignore lint/suspicious/noExplicitAny: what a test expects of it is what it checks
type Json = any;
const post = (instance: TestInstance, path: string) => call(path, { url: instance.url, method: 'POST' });
const overview = async (instance: TestInstance): Promise<Json> => (await call('/jobs', { url: instance.url })).body;
const jobOf = (body: Json, name: string): Json => body.jobs.find((job: Json) => job.name === name);
const newYear = 'At 00:00, on day 1 of the month, only in January';

test('GET /jobs tells each job’s schedule, its runs on whichever instance, who skipped them, and who leads', async () => {
  const body = await vi.waitFor(
    async () => {
      const body = await overview(second);
      const { lastRuns, skips } = jobOf(body, 'reconcile');
      expect(lastRuns.filter((run: Json) => run.outcome).length).toBeGreaterThan(2);
      expect(skips.length).toBeGreaterThan(0);
      expect(body.leader).not.toBeNull();
      return body;
    },
    { timeout: 12_000, interval: 100 },
  );
  expect(body).toMatchObject({ instance: 'app-2', scheduling: true, now: expect.stringMatching(/^20.*Z$/) });
  expect(body.leader).toMatchObject({ instance: expect.stringMatching(/^app-[12]$/), since: expect.any(String) });
  expect(body.jobs.map((job: Json) => [job.name, job.inWords, job.onLeader])).toEqual([
    ['reconcile', 'Every second', false],
    ['sync', newYear, false],
    ['prune', newYear, true],
  ]);
  const { lastRuns, ranBy, skips, missed, ...job } = jobOf(body, 'reconcile');
  expect(job).toMatchObject({ schedule: '* * * * * *', timeZone: 'UTC', ttlMs: 20_000 });
  expect(new Date(job.nextRunAt).getTime()).toBeGreaterThan(new Date(body.now).getTime());
  const done = lastRuns.find((run: Json) => run.outcome);
  expect(done).toMatchObject({ outcome: 'succeeded', byHand: false, instance: expect.stringMatching(/^app-[12]$/) });
  expect(new Date(done.endedAt).getTime()).toBeGreaterThanOrEqual(new Date(done.startedAt).getTime());
  expect(BigInt(done.token)).toBeGreaterThan(0n);
  expect(ranBy[0]).toMatchObject({ instance: expect.stringMatching(/^app-[12]$/), runs: expect.any(Number) });
  expect(skips[0]).toMatchObject({ instance: expect.stringMatching(/^app-[12]$/), skips: expect.any(Number) });
  expect(missed).toMatchObject({ count: 0, more: false });

  const scraped = await Promise.all([first, second].map((instance) => call('/metrics', { url: instance.url })));
  const metrics = scraped.map((answer) => answer.body).join('');
  expect(metrics).toMatch(/^job_run_duration_seconds_count\{job="reconcile",outcome="succeeded"\} [1-9]/m);
  expect(metrics).toMatch(/^job_skips_total\{job="reconcile",reason="(held|taken)"\} [1-9]/m);
  expect(metrics.match(/^jobs_leader 1$/gm)).toHaveLength(1);
});

test('with JOBS=off an instance tells the same and runs nothing; without the lab nobody can have it run a job; without URLs there is no sync', async () => {
  const body = await overview(off);
  expect(body.scheduling).toBe(false);
  expect(body.jobs.map((job: Json) => job.name)).toEqual(['reconcile', 'prune']);
  const { lastRuns, skips } = jobOf(body, 'reconcile');
  expect([...lastRuns, ...skips].map((row: Json) => row.instance)).not.toContain('app-3');
  expect((await post(off, '/jobs/reconcile/run')).status).toBe(404);
});

test('POST /jobs/:name/run runs it at once, on one instance at a time', async () => {
  const ran = await post(second, '/jobs/sync/run');
  expect(ran.status).toBe(200);
  const run = { outcome: 'succeeded', byHand: true, instance: 'app-2', detail: `${url} 200` };
  expect(ran.body).toMatchObject({ status: 'ran', run });
  expect((await post(first, '/jobs/sync/run')).body.type).toBe('/problems/job-busy'); // it is kept for at-least-for
  await redis.del('JOB_sync');

  hold = true;
  const running = post(first, '/jobs/sync/run');
  await vi.waitFor(() => expect(held).toHaveLength(1), { timeout: 10_000 });
  const busy = await post(second, '/jobs/sync/run');
  expect([busy.status, busy.body.type]).toEqual([409, '/problems/job-busy']);
  expect(Number(busy.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
  held[0]?.end();
  expect((await running).body).toMatchObject({ status: 'ran', run: { instance: 'app-1' } });

  const unknown = await post(first, '/jobs/snyc/run');
  expect([unknown.status, unknown.body.type]).toEqual([404, '/problems/unknown-job']);
  expect(unknown.body.detail).toBe('No job is named snyc; there are reconcile, sync, prune.');
  expect((await call('/jobs/sync/run', { url: first.url })).status).toBe(405);
});

test('an instance that is told to stop breaks its run off, records it, frees its locks and exits with 0', async () => {
  hold = true;
  await redis.del('JOB_sync');
  const leads = (await overview(second)).leader?.instance;
  const [leader, other] = leads === 'app-1' ? [first, second] : [second, first];
  const answer = post(leader, '/jobs/sync/run');
  await vi.waitFor(() => expect(held).toHaveLength(1), { timeout: 10_000 });
  const stoppedAt = performance.now();
  leader.process.kill('SIGTERM');
  expect((await answer).body).toMatchObject({ run: { outcome: 'killed', detail: 'the instance was stopped' } });
  expect(await leader.exited).toBe(0);
  expect(performance.now() - stoppedAt).toBeLessThan(9000); // SHUTDOWN_MS is 10,000
  expect(await redis.exists('JOB_sync')).toBe(0);
  await vi.waitFor(
    async () =>
      expect((await overview(other)).leader).toMatchObject({ instance: leads === 'app-1' ? 'app-2' : 'app-1' }),
    {
      timeout: 4000, // the leader’s TTL is 5000
    },
  );
});
