import { describe, expect, test } from 'vitest';
import { lockModeNames } from '../../app/lock-modes/registry.ts';
import { expected } from './expected.ts';
import { type PlannedCell, type PlanOptions, planCells, quickModes } from './plan.ts';
import { scenarios } from './scenarios/index.ts';

const all: PlanOptions = { scenarios, modes: lockModeNames, quick: false, repeat: 1 };
const modesOf = (cells: readonly PlannedCell[], name: string) =>
  cells.filter(({ scenario }) => scenario.name === name).map(({ mode }) => mode);

test('plans every applicable cell by mode, with own instance settings last', () => {
  const cells = planCells(all);
  const possible = scenarios.flatMap(({ name }) => lockModeNames.filter((mode) => expected[mode][name]));
  expect(cells.length).toBe(possible.length);
  const ownSettings = cells.map(({ scenario }) => scenario.instances !== undefined);
  expect(ownSettings).toEqual([...ownSettings].sort());
  for (const own of [false, true]) {
    const modes = cells.filter((_, index) => ownSettings[index] === own).map(({ mode }) => mode);
    expect(modes.length).toBeGreaterThan(0);
    expect(modes).toEqual([...modes].sort((a, b) => lockModeNames.indexOf(a) - lockModeNames.indexOf(b)));
  }
});

test('runs the repetitions of a cell one after the other', () => {
  const [contention] = scenarios;
  if (!contention) throw new Error('no scenario');
  const cells = planCells({ ...all, scenarios: [contention], modes: ['none', 'redis'], repeat: 3 });
  expect(cells.map(({ mode, play }) => `${mode} ${play}`)).toEqual([
    'none 1',
    'none 2',
    'none 3',
    'redis 1',
    'redis 2',
    'redis 3',
  ]);
});

describe('a quick run', () => {
  const cells = planCells({ ...all, modes: quickModes, quick: true });

  test('includes every scenario', () => {
    expect(new Set(cells.map(({ scenario }) => scenario.name))).toEqual(new Set(scenarios.map(({ name }) => name)));
  });

  test('covers each expected outcome once, in the preferred mode', () => {
    for (const { name } of scenarios) {
      const outcomeOf = (mode: (typeof quickModes)[number]) => expected[mode][name]?.verdict;
      const outcomes = quickModes.map(outcomeOf).filter((verdict) => verdict !== undefined);
      expect(new Set(modesOf(cells, name).map(outcomeOf)), name).toEqual(new Set(outcomes));
    }
    expect(modesOf(cells, 'paused-holder')).toEqual(['redis', 'fenced']);
    expect(modesOf(cells, 'contention')).toEqual(['redis', 'none']);
    expect(modesOf(cells, 'node-lost')).toEqual(['redis', 'redlock', 'none']);
  });

  test('runs foreign-release in modes that admit and block the third request', () => {
    expect(modesOf(cells, 'foreign-release')).toEqual(['redis', 'fenced', 'naive']);
  });

  test('respects the given modes', () => {
    expect(modesOf(planCells({ ...all, modes: ['row'], quick: true }), 'paused-holder')).toEqual(['row']);
  });
});
