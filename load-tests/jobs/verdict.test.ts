import { expect, test } from 'vitest';
import type { RecordedRun } from '../../app/jobs/runs/run-row.ts';
import { type JobFault, judgeRuns } from './verdict.ts';
import type { WitnessedRun } from './witness.ts';

const at = (second: number) => Date.UTC(2026, 2, 1, 10, 0, second);
const begun = (second: number, beganAtMs = second * 1000, tookMs = 100): WitnessedRun => ({
  ...{ instance: 'app-1', tick: at(second), token: String(second), beganAtMs, endedAtMs: beganAtMs + tookMs },
});
const recorded = (second: number, outcome: RecordedRun['outcome'] = 'succeeded'): RecordedRun => ({
  ...{ scheduledAt: new Date(at(second)), startedAt: new Date(at(second)), endedAt: new Date(at(second)), outcome },
  ...{ schedule: '* * * * * * UTC', byHand: false, instance: 'app-1', token: String(second), detail: '' },
});
const judge = (runs: WitnessedRun[], records: RecordedRun[], faults: [second: number, fault: JobFault][] = []) => {
  const planned = faults.map(([, fault]) => fault);
  return judgeRuns(runs, records, new Map(faults.map(([second, fault]) => [at(second), fault])), planned);
};

test('holds where every tick has begun once and is on record', () => {
  const verdict = judge([begun(1), begun(2), begun(3)], [recorded(1), recorded(2), recorded(3)]);
  expect(verdict).toMatchObject({ held: true, ticks: 3, begunTwice: [], missed: [], atOnce: 0 });
});

test('is violated by a tick that began twice, though it is on record once', () => {
  const verdict = judge([begun(1), begun(2), begun(2, 2500)], [recorded(1), recorded(2)]);
  expect(verdict).toMatchObject({ held: false, begunTwice: [at(2)] });
});

test('is violated by a tick that is not on record', () => {
  expect(judge([begun(1), begun(3)], [recorded(1), recorded(3)])).toMatchObject({ held: false, missed: [at(2)] });
  expect(judge([begun(1), begun(2)], [recorded(1)])).toMatchObject({ held: false, missed: [at(2)] });
});

test('is violated by a success on record that never began, and not by a run that was killed before it could', () => {
  expect(judge([begun(1)], [recorded(1), recorded(2)])).toMatchObject({ held: false, neverBegun: [at(2)] });
  expect(judge([begun(1)], [recorded(1), recorded(2, 'killed')])).toMatchObject({ held: true });
});

test('is violated by two runs at once that both succeeded', () => {
  const runs = [begun(1, 1000, 1500), begun(2)];
  expect(judge(runs, [recorded(1), recorded(2)])).toMatchObject({ held: false, atOnce: 1 });
  expect(judge(runs, [recorded(1, 'lost'), recorded(2)], [[1, 'redis-restarted']])).toMatchObject({ held: true });
});

test('is violated by a frozen instance that has the last word, and by a run without an end', () => {
  const runs = [begun(1), begun(2)];
  expect(judge(runs, [recorded(1), recorded(2)], [[1, 'frozen']])).toMatchObject({ held: false, successesOfFrozen: 1 });
  expect(judge(runs, [recorded(1, 'killed'), recorded(2)], [[1, 'frozen']])).toMatchObject({ held: true });
  expect(judge(runs, [recorded(1, null), recorded(2)])).toMatchObject({ held: false });
  expect(judge(runs, [recorded(1), recorded(2, null)])).toMatchObject({ held: false });
});

test('refuses to judge when a planned fault was not injected', () => {
  const judgeWith = (faults: ReadonlyMap<number, JobFault>) =>
    judgeRuns([begun(1), begun(2)], [recorded(1), recorded(2)], faults, ['redis-restarted', 'killed']);
  expect(() => judgeWith(new Map())).toThrow('0 of 2 planned faults were injected');
  expect(() => judgeWith(new Map([[at(1), 'redis-restarted']]))).toThrow('1 of 2 planned faults were injected');
});

test('is no verdict where nothing was run', () => {
  expect(judge([], []).held).toBe(false);
});
