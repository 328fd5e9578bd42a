import { expect, test } from 'vitest';
import { lockModeNames } from '../../app/lock-modes/registry.ts';
import { expected } from './expected.ts';
import { scenarios } from './scenarios/index.ts';

const names = scenarios.map(({ name }) => name);
const violatedIn = (mode: (typeof lockModeNames)[number]) =>
  names.filter((name) => expected[mode][name]?.verdict === 'violated');

test.each(lockModeNames)('%s: each expectation is of a scenario, and gives its reason', (mode) => {
  expect(names).toEqual(expect.arrayContaining(Object.keys(expected[mode])));
  for (const [name, { why }] of Object.entries(expected[mode])) expect(why.length, name).toBeGreaterThan(10);
});

test('every scenario applies to some mode', () => {
  expect(names.filter((name) => lockModeNames.every((mode) => !expected[mode][name]))).toEqual([]);
});

test('a guard that more faults can break is never the stronger one', () => {
  const weakerFirst = [
    ['none', 'naive'],
    ['naive', 'redis'],
    ['redis', 'fenced'],
    ['redis', 'row'],
    ['redis', 'version'],
    ['none', 'conditional'],
    ['conditional', 'version'],
    ['redis', 'named'],
    ['named', 'row'],
  ] as const;
  for (const [weaker, stronger] of weakerFirst)
    expect(violatedIn(weaker)).toEqual(expect.arrayContaining(violatedIn(stronger)));
});

test('only a retry and the mixed fleet break what the row decides', () => {
  for (const mode of ['fenced', 'row', 'version', 'serializable'] as const)
    expect(violatedIn(mode)).toEqual(['retry', 'mixed-fleet']);
});

test('only modes that lock on a server are ever unavailable', () => {
  const unavailable = (mode: (typeof lockModeNames)[number]) =>
    names.filter((name) => expected[mode][name]?.verdict === 'unavailable');
  expect(Object.fromEntries(lockModeNames.map((mode) => [mode, unavailable(mode)]))).toMatchObject({
    none: [],
    naive: ['node-lost'],
    redis: ['node-lost'],
    redlock: ['majority-lost'],
    fenced: ['node-lost'],
    row: ['abandoned-write'],
    version: [],
    conditional: [],
    serializable: [],
    named: ['abandoned-write'],
  });
});
