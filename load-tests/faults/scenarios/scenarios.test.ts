import { expect as check, test } from 'vitest';
import { lockModeNames } from '../../../app/lock-modes/index.ts';
import type { FaultVerdict } from '../verdict.ts';
import { scenarios } from './index.ts';
import { expect } from './scenario.ts';

const expectedIn = (name: string, verdict: FaultVerdict) => {
  const scenario = scenarios.find((candidate) => candidate.name === name);
  if (!scenario) throw new Error(`no scenario ${name}`);
  return lockModeNames.filter((mode) => scenario.expected[mode]?.verdict === verdict);
};

test('every scenario has a unique name, a claim, a source, a fault, and reasons for its expectations', () => {
  check(new Set(scenarios.map(({ name }) => name)).size).toBe(scenarios.length);
  for (const { name, claim, source, fault, expected } of scenarios) {
    for (const text of [claim, source, fault]) check(text.length, name).toBeGreaterThan(10);
    for (const expectation of Object.values(expected)) check(expectation.why.length, name).toBeGreaterThan(10);
  }
});

const unguarded = ['none', 'memory'];
const leased = ['naive', 'redis', 'redlock'];
test.each([
  ['contention', unguarded],
  ['wrong-key', [...unguarded, ...leased]],
  ['paused-holder', [...unguarded, ...leased]],
  ['paused-before-check', [...unguarded, 'naive']],
  ['paused-acquire', [...unguarded, 'naive']],
  ['foreign-release', [...unguarded, ...leased]],
  ['delayed-write', [...unguarded, ...leased]],
  ['failover', [...unguarded, 'naive', 'redis']],
  ['killed-holder', unguarded],
  ['node-lost', unguarded],
  ['node-restarts-empty', [...unguarded, 'redlock']],
  ['node-restarts-late', []],
  ['clock-jump', [...unguarded, 'redlock']],
  ['partition-redis', unguarded],
  ['partition-mysql', unguarded],
  ['database-restart', []],
  ['mixed-fleet', [...lockModeNames]],
  ['soak', [...unguarded, ...leased]],
])('expects %s to be violated in %j', (name, modes) => {
  check(expectedIn(name, 'violated')).toEqual(modes);
});

test('of the modes with a lock, expects only naive to admit a third request after a late release', () => {
  const expected = scenarios.find(({ name }) => name === 'foreign-release')?.expected ?? {};
  check(lockModeNames.filter((mode) => expected[mode]?.thirdGotIn)).toEqual(['none', 'memory', 'naive', 'version']);
  check(lockModeNames.filter((mode) => expected[mode]?.thirdGotIn === false)).toEqual([
    'redis',
    'redlock',
    'fenced',
    'row',
  ]);
});

test('expects modes to be unavailable only without their Redis or its majority', () => {
  check(expectedIn('node-lost', 'unavailable')).toEqual(['naive', 'redis', 'fenced']);
  check(expectedIn('majority-lost', 'unavailable')).toEqual(['redlock']);
});

test('rejects two expectations for one mode', () => {
  check(() => expect(['held', ['redis'], 'it holds'], ['violated', ['redis'], 'it does not'])).toThrow(RangeError);
});
