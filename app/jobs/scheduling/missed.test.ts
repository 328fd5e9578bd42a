import { expect, test } from 'vitest';
import type { RecordedRun } from '../runs/run-row.ts';
import { findMissed } from './missed.ts';
import { readSchedule } from './schedule.ts';

const schedule = readSchedule('* * * * * *', 'UTC');
const at = (second: number) => new Date(Date.UTC(2026, 2, 1, 10, 0, second));

/** The run of the tick at this second, with this duration. */
function run(second: number, tookMs = 10, rest: Partial<RecordedRun> = {}): RecordedRun {
  const endedAt = new Date(at(second).getTime() + tookMs);
  const recorded = { instance: 'app-1', token: '1', byHand: false, detail: null, schedule: schedule.text };
  return { ...recorded, scheduledAt: at(second), startedAt: at(second), endedAt, outcome: 'succeeded', ...rest };
}

const missed = (runs: readonly RecordedRun[], until: number) => {
  const { last, ...rest } = findMissed({ schedule, runs: runs.toReversed(), until: at(until) });
  return { ...rest, seconds: last.map((tick) => (tick.getTime() - at(0).getTime()) / 1000) };
};

test('counts ticks without a run, between runs and after the last', () => {
  expect(missed([run(1), run(2), run(5)], 7)).toEqual({
    count: 4,
    more: false,
    since: at(1),
    seconds: [3, 4, 6, 7],
  });
});

test('counts none if every tick has a run, or there is no run at all', () => {
  expect(missed([run(1), run(2), run(3)], 3)).toMatchObject({ count: 0, since: at(1) });
  expect(missed([], 3)).toMatchObject({ count: 0, since: null });
});

test('does not count ticks that a long run overlaps', () => {
  expect(missed([run(1, 2500), run(4)], 4)).toMatchObject({ count: 0 });
  expect(missed([run(1, 0, { endedAt: null, outcome: null })], 4)).toMatchObject({ count: 0 });
});

test('counts ticks after a late start or a dead run', () => {
  const late = { startedAt: at(4), endedAt: at(5) };
  expect(missed([run(1, 0, late), run(5)], 5)).toMatchObject({ seconds: [2, 3, 4] });
  expect(missed([run(1, 3500, { outcome: 'killed' }), run(5)], 5)).toMatchObject({ seconds: [2, 3, 4] });
});

test('ignores manual runs and runs of another schedule', () => {
  const other = run(1, 10, { schedule: '0 * * * * * UTC' });
  expect(missed([other, run(5), run(6, 10, { byHand: true })], 7)).toMatchObject({ since: at(5), seconds: [6, 7] });
});

test('limits the search after a long outage', () => {
  const day = findMissed({ schedule, runs: [run(1)], until: new Date(at(0).getTime() + 86_400_000) });
  expect(day).toMatchObject({ count: 200, more: true });
  expect(day.last).toHaveLength(10);
  let looks = 0;
  const next = (moment: Date) => {
    looks += 1;
    return schedule.next(moment);
  };
  const counted = { ...schedule, next };
  const dead = run(2, 0, { endedAt: null, outcome: null });
  findMissed({ schedule: counted, runs: [dead, run(1)], until: new Date(at(0).getTime() + 86_400_000) });
  expect(looks).toBeLessThan(10); // not marked as dead yet, so it covers the whole day
});
