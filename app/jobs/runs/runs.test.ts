import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { type JobsInstance, openJobsInstance, testJob } from '../../testing/jobs.ts';
import { sharedDb } from '../../testing/shared.ts';
import type { NewRun } from './runs.ts';

let first: JobsInstance;
let second: JobsInstance;
beforeAll(async () => {
  first = await openJobsInstance({ name: 'app-1' });
  second = await openJobsInstance({ name: 'app-2' });
});
afterAll(async () => {
  await Promise.all([first?.stop(), second?.stop()]);
});

const at = (second: number, ms = 0) => new Date(Date.UTC(2026, 9, 25, 0, 30, second, ms));
/** Runs of one job with a unique name. */
function runsOfAJob() {
  const { name: job } = testJob(async () => '');
  return {
    job,
    run: (second: number, token: number, rest: Partial<NewRun> = {}): NewRun => ({
      ...{ job, scheduledAt: at(second), token: BigInt(token), schedule: '* * * * * * UTC', byHand: false, ...rest },
    }),
  };
}
const succeeded = (detail = 'done', workedMs = 5) => ({ outcome: 'succeeded', detail, workedMs }) as const;

test('one of several concurrent claims of a tick succeeds', async () => {
  const { job, run } = runsOfAJob();
  const tokens = Array.from({ length: 8 }, (_, index) => index + 1);
  // Several ticks, because concurrent claims may deadlock.
  for (let tick = 1; tick <= 20; tick++) {
    const claims = await Promise.all(
      tokens.map((token) => [first, second][token % 2]?.runs.claim(run(tick, tick * 100 + token))),
    );
    expect(claims.filter((claim) => claim?.outcome === 'claimed')).toHaveLength(1);
  }
  expect(await first.runs.latest(job, 100)).toHaveLength(20);
});

test('a claim whose answer was lost is the same claim when it is repeated, until the run has ended', async () => {
  const { run } = runsOfAJob();
  expect(await first.runs.claim(run(1, 5))).toEqual({ outcome: 'claimed' });
  expect(await first.runs.claim(run(1, 5))).toEqual({ outcome: 'claimed' });
  expect(await second.runs.claim(run(1, 6))).toEqual({ outcome: 'taken' });
  await first.runs.finish(run(1, 5), succeeded());
  expect(await first.runs.claim(run(1, 5))).toEqual({ outcome: 'taken' });
});

test('records a run completely, in UTC and with any text', async () => {
  const { job, run } = runsOfAJob();
  const token = 1_790_000_000_000_017; // microseconds since 1970, as Redis mints them
  expect(await first.runs.claim(run(1, token, { byHand: true }))).toEqual({ outcome: 'claimed' });
  expect(await first.runs.find(job, at(1))).toMatchObject({ endedAt: null, outcome: null, detail: null });
  expect(await first.runs.finish(run(1, token), succeeded(`${'ü–😀'.repeat(400)}`, 1234.5))).toBe('recorded');
  const recorded = await second.runs.find(job, at(1));
  expect(recorded).toMatchObject({ scheduledAt: at(1), instance: 'app-1', token: String(token), byHand: true });
  expect(recorded).toMatchObject({ outcome: 'succeeded', schedule: '* * * * * * UTC' });
  expect(recorded?.detail).toHaveLength(1000);
  expect(Math.abs((recorded?.startedAt.getTime() ?? 0) - Date.now())).toBeLessThan(600_000); // UTC: time zones differ by a quarter of an hour at least
  expect((recorded?.endedAt?.getTime() ?? 0) - (recorded?.startedAt.getTime() ?? 0)).toBeCloseTo(1234.5, -1);
});

test('the repeated hour at the end of daylight saving time has two runs', async () => {
  const { job, run } = runsOfAJob();
  const anHourLater = new Date(at(0).getTime() + 3_600_000); // in Berlin, both are 2:30
  expect(await first.runs.claim(run(0, 1))).toEqual({ outcome: 'claimed' });
  expect(await first.runs.claim({ ...run(0, 2), scheduledAt: anHourLater })).toEqual({ outcome: 'claimed' });
  expect((await first.runs.latest(job, 10)).map(({ scheduledAt }) => scheduledAt)).toEqual([anHourLater, at(0)]);
});

test('refuses a claim with a stale token, and returns the last token', async () => {
  const { run } = runsOfAJob();
  await first.runs.claim(run(5, 7));
  expect(await second.runs.claim(run(6, 6))).toEqual({ outcome: 'stale-token', seen: 7n });
  expect(await second.runs.claim(run(6, 8))).toEqual({ outcome: 'claimed' });
});

test('a zombie cannot record success once a later run has begun', async () => {
  const { job, run } = runsOfAJob();
  await first.runs.claim(run(1, 1));
  await second.runs.claim(run(2, 2)); // without marking the first
  expect(await first.runs.finish(run(1, 1), succeeded())).toBe('superseded');
  expect(await first.runs.find(job, at(1))).toMatchObject({ outcome: null });
  expect(await second.runs.markDead(job, 2n)).toBe(1);
  expect(await first.runs.find(job, at(1))).toMatchObject({
    outcome: 'killed',
    detail: expect.stringMatching(/^not ended when app-2 acquired the lock \(token 2\)/),
  });
  expect(await second.runs.finish(run(2, 2), succeeded())).toBe('recorded');
});

test('a zombie cannot record success over its successor’s mark', async () => {
  const { job, run } = runsOfAJob();
  await first.runs.claim(run(1, 1));
  await second.runs.markDead(job, 2n);
  expect(await first.runs.finish(run(1, 1), succeeded())).toBe('superseded');
  expect(await first.runs.find(job, at(1))).toMatchObject({ outcome: 'killed' });
});

test('marks only unfinished runs with earlier tokens as dead', async () => {
  const { job, run } = runsOfAJob();
  const other = runsOfAJob();
  await first.runs.claim(run(1, 1));
  await first.runs.finish(run(1, 1), succeeded());
  await first.runs.claim(run(2, 3));
  await first.runs.claim(other.run(1, 1));
  expect(await second.runs.markDead(job, 3n)).toBe(0); // only earlier tokens
  expect(await second.runs.markDead(job, 2n)).toBe(0);
  expect(await second.runs.markDead(job, 4n)).toBe(1);
  expect(await first.runs.find(job, at(1))).toMatchObject({ outcome: 'succeeded' });
  expect(await first.runs.find(other.job, at(1))).toMatchObject({ outcome: null });
});

test('recording an end again after a lost answer is harmless', async () => {
  const { run } = runsOfAJob();
  await first.runs.claim(run(1, 1));
  expect(await first.runs.finish(run(1, 1), succeeded())).toBe('recorded');
  expect(await first.runs.finish(run(1, 1), succeeded())).toBe('recorded');
  expect(await first.runs.finish(run(1, 1), { ...succeeded(), outcome: 'failed' })).toBe('superseded');
});

test('a run covers the ticks it overlaps; a dead run covers none', async () => {
  const { job, run } = runsOfAJob();
  expect(await first.runs.coveredUntil(job, at(9))).toBeUndefined();
  await first.runs.claim(run(1, 1));
  expect(await first.runs.coveredUntil(job, at(9))).toBeUndefined();
  await first.runs.finish(run(1, 1), succeeded('', 2500));
  expect(await first.runs.coveredUntil(job, at(9))).toEqual(at(3, 500));
  expect(await first.runs.coveredUntil(job, at(1))).toBeUndefined();
  await first.runs.claim(run(4, 2));
  await first.runs.markDead(job, 3n);
  expect(await first.runs.coveredUntil(job, at(9))).toEqual(at(3, 500));
});

test('counts skips per instance', async () => {
  const { job } = runsOfAJob();
  for (const { runs } of [first, first, second]) await runs.countSkip(job);
  const skips = (await first.runs.skips()).filter((row) => row.job === job);
  expect(skips).toMatchObject([
    { instance: 'app-1', skips: 2 },
    { instance: 'app-2', skips: 1 },
  ]);
  expect(Math.abs((skips[0]?.lastSkippedAt.getTime() ?? 0) - Date.now())).toBeLessThan(60_000);
});

test('shows the skips of the 200 instances that skipped last', async () => {
  const { job } = runsOfAJob();
  onTestFinished(async () => void (await sharedDb()('job_skips').where({ job }).delete()));
  const names = Array.from({ length: 250 }, (_, index) => `pod-${String(index).padStart(3, '0')}`);
  const secondsAgo = (seconds: number) => sharedDb().raw('UTC_TIMESTAMP(3) - INTERVAL ? SECOND', [seconds]);
  const rows = names.map((name, index) => ({
    job,
    instance: name,
    skips: 1,
    last_skipped_at: secondsAgo(index - 900),
  }));
  await sharedDb()('job_skips').insert(rows);
  expect((await first.runs.skips()).map(({ instance }) => instance)).toEqual(names.slice(0, 200));
});
