import { expect, test } from 'vitest';
import type { RecordedRun } from '../runs/run-row.ts';
import { findMissed } from './missed.ts';
import { readSchedule } from './schedule.ts';

const schedule = readSchedule('* * * * * *', 'UTC');
const at = (second: number) => new Date(Date.UTC(2026, 2, 1, 10, 0, second));

/** A run of the tick at that second, which took `tookMs`. */
function run(second: number, tookMs = 10, rest: Partial<RecordedRun> = {}): RecordedRun {
  const endedAt = new Date(at(second).getTime() + tookMs);
  const recorded = { instance: 'app-1', token: '1', byHand: false, detail: null, schedule: schedule.text };
  return { ...recorded, scheduledAt: at(second), startedAt: at(second), endedAt, outcome: 'succeeded', ...rest };
}

const missed = (runs: readonly RecordedRun[], until: number) => {
  const { last, ...rest } = findMissed({ schedule, runs: runs.toReversed(), until: at(until) });
  return { ...rest, seconds: last.map((tick) => (tick.getTime() - at(0).getTime()) / 1000) };
};

test('a tick without a run is missed, between runs and after the last', () => {
  expect(missed([run(1), run(2), run(5)], 7)).toEqual({
    count: 4,
    more: false,
    since: at(1),
    seconds: [3, 4, 6, 7],
  });
});

test('nothing is missed where every tick has a run, or where nothing was ever run', () => {
  expect(missed([run(1), run(2), run(3)], 3)).toMatchObject({ count: 0, since: at(1) });
  expect(missed([], 3)).toMatchObject({ count: 0, since: null });
});

test('ticks that came due while a run went on are not missed: it was too long for its schedule', () => {
  expect(missed([run(1, 2500), run(4)], 4)).toMatchObject({ count: 0 });
  expect(missed([run(1, 0, { endedAt: null, outcome: null })], 4)).toMatchObject({ count: 0 });
});

test('that a run began late, or died, excuses nobody', () => {
  const late = { startedAt: at(4), endedAt: at(5) };
  expect(missed([run(1, 0, late), run(5)], 5)).toMatchObject({ seconds: [2, 3, 4] });
  expect(missed([run(1, 3500, { outcome: 'killed' }), run(5)], 5)).toMatchObject({ seconds: [2, 3, 4] });
});

test('runs by hand, and runs by another schedule, are no ticks of this one', () => {
  const other = run(1, 10, { schedule: '0 * * * * * UTC' });
  expect(missed([other, run(5), run(6, 10, { byHand: true })], 7)).toMatchObject({ since: at(5), seconds: [6, 7] });
});

test('after a long time without an instance, as many are looked at as can be shown without holding anybody up', () => {
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
  expect(looks).toBeLessThan(10); // nobody has marked it as dead yet, and it covers all the day
});
