import { expect, test } from 'vitest';
import type { Fetched } from '../../api/http.ts';
import type { JobRun, ManualRun } from '../../api/jobs.ts';
import { jobRun, leader, open } from '../../fixtures/jobs.ts';
import { describeManualRun, type JobContext } from './manual-run.ts';

const around: JobContext = {
  job: { ttlMs: 3000, onLeader: false },
  leader,
  status: { redis: 'up', database: 'up' },
};
const ok = (status: ManualRun['status'], run?: JobRun): Fetched<ManualRun> => ({
  outcome: 'ok',
  body: { status, ...(run && { run }) },
  headers: new Headers(),
});
const problem = (name: string, headers: Record<string, string> = {}): Fetched<ManualRun> => ({
  outcome: 'problem',
  problem: name,
  httpStatus: 400,
  detail: 'As the lab puts it.',
  headers: new Headers(headers),
});

test('describes a run with its instance and its result', () => {
  expect(describeManualRun(ok('ran', jobRun), around)).toEqual({
    text: '✓ Ran on app-2: succeeded after 12 ms',
    state: 'right',
  });
  expect(describeManualRun(ok('ran', { ...jobRun, outcome: 'killed' }), around)).toEqual({
    text: '✕ Ran on app-2: killed after 12 ms',
    state: 'wrong',
  });
  const { text, state } = describeManualRun(ok('running', open), around);
  expect([text, state]).toEqual(['… Running on app-2. The result appears below.', 'open']);
  expect(describeManualRun(ok('ran', open), around).text).toBe('… Ran on app-2: running');
  expect(describeManualRun(ok('ran'), around)).toMatchObject({
    text: expect.stringMatching(/record has been deleted/),
    state: 'wrong',
  });
});

test('says when a job runs elsewhere, and when to try again', () => {
  const busy = '✕ Not run: another instance is running it, or has just run it.';
  expect(describeManualRun(problem('job-busy', { 'Retry-After': '5', 'X-Instance': 'app-1' }), around)).toEqual({
    text: `${busy} Try again in 5 s.`,
    state: 'wrong',
  });
  expect(describeManualRun(problem('job-busy'), around).text).toBe(busy);
});

test('says when a job of the leader was requested from another instance', () => {
  const ofLeader = { ...around, job: { ttlMs: 3000, onLeader: true } };
  const asked = (instance: string, rest: Partial<JobContext> = {}) =>
    describeManualRun(problem('job-busy', { 'X-Instance': instance }), { ...ofLeader, ...rest }).text;
  expect(asked('app-1')).toBe('✕ Not run: it runs on the leader only (app-2), and nginx chose app-1. Try again.');
  expect(asked('app-1', { leader: null })).toMatch(/leader only \(unknown\)/);
  expect(asked('app-2')).toMatch(/another instance is running it/);
  expect(describeManualRun(problem('job-busy'), ofLeader).text).toMatch(/another instance is running it/); // the instance is unknown
});

test.each([
  [{ redis: 'down', database: 'up' }, 'Redis does not answer'],
  [{ redis: 'up', database: 'down' }, 'MySQL does not answer'],
  [{ redis: 'up', database: 'up' }, 'Redis or MySQL did not answer'],
  [undefined, 'Redis or MySQL did not answer'],
] as const)('names the server that is down when the job cannot start: %j', (status, who) => {
  const { text, state } = describeManualRun(problem('unavailable'), { ...around, status });
  expect([text, state]).toEqual([`✕ Not run: ${who}, so the job’s lock cannot be checked.`, 'wrong']);
});

test('does not claim that the job did not run without an answer', () => {
  const text = '? No answer. If it ran, it appears below.';
  for (const answer of [{ outcome: 'unreachable' } as const, problem('bad-gateway'), problem('gateway-timeout')])
    expect(describeManualRun(answer, around)).toEqual({ text, state: 'wrong' });
});

test('passes any other refusal on as the lab describes it', () => {
  expect(describeManualRun(problem('unknown-job'), around).text).toBe('✕ Not run: As the lab puts it.');
  expect(describeManualRun(problem('not-found'), around).text).toMatch(/^✕ Not run: the lab is off/);
});
