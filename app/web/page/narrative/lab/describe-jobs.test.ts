import { describe, expect, test } from 'vitest';
import { jobRun, leader, missed, now, open } from '../../fixtures/jobs.ts';
import {
  describeLeader,
  describeMissed,
  describeNextRun,
  describeOff,
  describeRun,
  describeTerm,
  describeUnreadable,
  formatDuration,
  formatRanBy,
  formatSkips,
} from './describe-jobs.ts';

const ttlMs = 3000;
const timeZone = 'Europe/Berlin';

describe('a run', () => {
  test.each([
    ['succeeded', '✓', 'succeeded', 'right'],
    ['failed', '✕', 'failed', 'wrong'],
    ['lost', '✕', 'lost its lock', 'wrong'],
    ['killed', '✕', 'killed', 'wrong'],
  ] as const)('recorded as %s has a mark and a word', (outcome, mark, word, state) => {
    expect(describeRun({ ...jobRun, outcome }, { ttlMs }, now)).toEqual({ mark, word, state });
  });

  test('without an end counts as running while its lock can be extended', () => {
    const startedAgo = (ms: number) => ({ ...open, startedAt: new Date(Date.parse(now) - ms).toISOString() });
    expect(describeRun(startedAgo(30_000), { ttlMs }, now)).toEqual({ mark: '…', word: 'running', state: 'open' });
    const over = { mark: '?', word: 'end not recorded', state: 'wrong' };
    expect(describeRun(startedAgo(30_001), { ttlMs }, now)).toEqual(over);
  });

  test('has a duration once it has ended, even by a clock that was set back', () => {
    expect(formatDuration(jobRun)).toBe('after 12 ms');
    expect(formatDuration(open)).toBeUndefined();
    expect(formatDuration({ ...jobRun, endedAt: '2026-11-22T11:29:00.000Z' })).toBe('after 0 ms');
  });
});

test('names the leader, and since when', () => {
  expect(describeLeader({ leader })).toBe('app-2 leads');
  expect(describeTerm({ leader, now })).toBe('since 11:26:48 UTC, 4 min ago');
  expect(describeLeader({ leader: null })).toBe('leader unknown');
  expect(describeTerm({ leader: null, now })).toBeUndefined();
});

test('says where jobs are off, and whether other instances run them', () => {
  expect(describeOff({ scheduling: true, leader: null, instance: 'app-3' })).toBeUndefined();
  expect(describeOff({ scheduling: false, leader, instance: 'app-3' })).toBe(
    'Jobs are off on app-3 (JOBS=off). app-2 leads the other instances.',
  );
  expect(describeOff({ scheduling: false, leader: null, instance: 'app-3' })).toMatch(
    /^Jobs are off on app-3 .*JOBS=off.*leader is unknown.*need an instance with JOBS=on\.$/,
  );
});

test('formats the next run in the time zone of the schedule', () => {
  expect(describeNextRun({ nextRunAt: '2026-11-22T11:45:00.000Z', timeZone }, { now })).toBe('12:45:00, in 15 min');
  expect(describeNextRun({ nextRunAt: null, timeZone }, { now })).toBe('none');
});

test('counts the runs and skips of each instance, the most first', () => {
  const ranBy = [
    { instance: 'app-1', runs: 1 },
    { instance: 'app-2', runs: 1204 },
  ];
  expect(formatRanBy({ ranBy })).toBe('app-2 1,204 times, app-1 once');
  const skips = ['app-3', 'app-1'].map((instance) => ({ instance, skips: 5, lastSkippedAt: now }));
  expect(formatSkips({ skips })).toBe('app-1 5 times, app-3 5 times');
  expect([formatRanBy({ ranBy: [] }), formatSkips({ skips: [] })]).toEqual(['none yet', 'none yet']);
});

describe('missed ticks', () => {
  const tell = (rest: Partial<typeof missed>) => describeMissed({ missed: { ...missed, ...rest }, timeZone }, { now });

  test('are none, or unknown before the first run', () => {
    expect(tell({})).toEqual({ text: '✓ none since 11:00:00', any: false });
    expect(tell({ since: null })).toEqual({ text: 'unknown: no run yet', any: false });
  });

  test('are counted, with the time of the last', () => {
    const last = ['2026-11-22T10:40:00.000Z', '2026-11-22T10:45:00.000Z'];
    expect(tell({ count: 2, last })).toEqual({ text: '✕ 2 since 11:00:00, the last at 11:45:00', any: true });
  });

  test('may be more than were checked; then the last is unknown', () => {
    const last = ['2026-11-22T10:45:00.000Z'];
    expect(tell({ count: 200, more: true, last })).toEqual({ text: '✕ more than 200 since 11:00:00', any: true });
  });
});

test.each([
  ['unreachable', 'the lab does not answer'],
  ['bad-gateway', 'no instance answers'],
  ['gateway-timeout', 'no instance answers in time'],
  ['unavailable', 'MySQL does not answer'],
  ['internal', 'MySQL failed'],
  ['not-found', 'these instances have no jobs'],
  ['of-tomorrow', 'the lab reports a problem: as the lab puts it'],
])('says why jobs cannot be read (%s), and the time of those shown', (problem, why) => {
  const error = { problem, detail: 'as the lab puts it.' };
  expect(describeUnreadable(error, undefined)).toBe(`Jobs cannot be read: ${why}.`);
  expect(describeUnreadable(error, now)).toBe(`Jobs cannot be read: ${why}. Shown as of 11:30:30 UTC.`);
});
