import { describe, expect, test } from 'vitest';
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
import { jobRun, leader, missed, now, open } from './fixtures/jobs.ts';

const ttlMs = 3000;
const timeZone = 'Europe/Berlin';

describe('a run', () => {
  test.each([
    ['succeeded', '✓', 'succeeded', 'right'],
    ['failed', '✕', 'failed', 'wrong'],
    ['lost', '✕', 'lost its lock', 'wrong'],
    ['killed', '✕', 'killed', 'wrong'],
  ] as const)('that is recorded as %s has a mark and a word', (outcome, mark, word, state) => {
    expect(describeRun({ ...jobRun, outcome }, { ttlMs }, now)).toEqual({ mark, word, state });
  });

  test('without an end is told to be running for as long as its lock can be extended, and no longer', () => {
    const startedAgo = (ms: number) => ({ ...open, startedAt: new Date(Date.parse(now) - ms).toISOString() });
    expect(describeRun(startedAgo(30_000), { ttlMs }, now)).toEqual({ mark: '…', word: 'running', state: 'open' });
    const over = { mark: '?', word: 'no end on record', state: 'wrong' };
    expect(describeRun(startedAgo(30_001), { ttlMs }, now)).toEqual(over);
  });

  test('is told with how long it took, once it has ended, even by a clock that was set back', () => {
    expect(formatDuration(jobRun)).toBe('after 12 ms');
    expect(formatDuration(open)).toBeUndefined();
    expect(formatDuration({ ...jobRun, endedAt: '2026-11-22T11:29:00.000Z' })).toBe('after 0 ms');
  });
});

test('the leader is named, and since when', () => {
  expect(describeLeader({ leader })).toBe('app-2 leads');
  expect(describeTerm({ leader, now })).toBe('since 11:26:48 UTC, 4 min ago');
  expect(describeLeader({ leader: null })).toBe('nobody is known to lead');
  expect(describeTerm({ leader: null, now })).toBeUndefined();
});

test('that the jobs are off is said, and whether others see to them', () => {
  expect(describeOff({ scheduling: true, leader: null, instance: 'app-3' })).toBeUndefined();
  expect(describeOff({ scheduling: false, leader, instance: 'app-3' })).toBe(
    'app-3 has its jobs off (JOBS=off) and leaves them to others: app-2 leads those.',
  );
  expect(describeOff({ scheduling: false, leader: null, instance: 'app-3' })).toMatch(
    /^app-3 .*JOBS=off.*nobody is known to lead.*JOBS=on, nothing runs at its time\.$/,
  );
});

test('the next run is told in the zone of the schedule, and how far away it is', () => {
  expect(describeNextRun({ nextRunAt: '2026-11-22T11:45:00.000Z', timeZone }, { now })).toBe('12:45:00, in 15 min');
  expect(describeNextRun({ nextRunAt: null, timeZone }, { now })).toBe('never again');
});

test('who ran it and who skipped it are told with how often, the most often first', () => {
  const ranBy = [
    { instance: 'app-1', runs: 1 },
    { instance: 'app-2', runs: 1204 },
  ];
  expect(formatRanBy({ ranBy })).toBe('app-2 1,204 times, app-1 once');
  const skips = ['app-3', 'app-1'].map((instance) => ({ instance, skips: 5, lastSkippedAt: now }));
  expect(formatSkips({ skips })).toBe('app-1 5 times, app-3 5 times');
  expect([formatRanBy({ ranBy: [] }), formatSkips({ skips: [] })]).toEqual(['nobody yet', 'nobody yet']);
});

describe('missed ticks', () => {
  const tell = (rest: Partial<typeof missed>) => describeMissed({ missed: { ...missed, ...rest }, timeZone }, { now });

  test('are none, or not known where no tick has been run', () => {
    expect(tell({})).toEqual({ text: '✓ none since 11:00:00', any: false });
    expect(tell({ since: null })).toEqual({ text: 'not known: no tick has been run yet', any: false });
  });

  test('are counted, the last of them with its time', () => {
    const last = ['2026-11-22T10:40:00.000Z', '2026-11-22T10:45:00.000Z'];
    expect(tell({ count: 2, last })).toEqual({ text: '✕ 2 since 11:00:00, the last at 11:45:00', any: true });
  });

  test('are told to be more than were looked at; which is the last is not known then', () => {
    const last = ['2026-11-22T10:45:00.000Z'];
    expect(tell({ count: 200, more: true, last })).toEqual({ text: '✕ more than 200 since 11:00:00', any: true });
  });
});

test.each([
  ['unreachable', 'the lab does not answer'],
  ['bad-gateway', 'no instance answers'],
  ['gateway-timeout', 'no instance answers in time'],
  ['unavailable', 'MySQL, which keeps their record, does not answer'],
  ['internal', 'MySQL, which keeps their record, has failed'],
  ['not-found', 'these instances know of none'],
  ['of-tomorrow', 'the lab answers with a problem: as the lab puts it'],
])('jobs that cannot be read for %s are told so, with the time of what is shown', (problem, why) => {
  const error = { problem, detail: 'as the lab puts it.' };
  expect(describeUnreadable(error, undefined)).toBe(`The jobs cannot be read: ${why}.`);
  expect(describeUnreadable(error, now)).toBe(`The jobs cannot be read: ${why}. What is shown was so at 11:30:30 UTC.`);
});
