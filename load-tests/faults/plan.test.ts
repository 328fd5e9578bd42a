import { describe, expect, test } from 'vitest';
import { lockModeNames } from '../../app/lock-modes/index.ts';
import { type PlannedCell, type PlanOptions, planCells, quickModes } from './plan.ts';
import { scenarios } from './scenarios/index.ts';

const all: PlanOptions = { scenarios, modes: lockModeNames, quick: false, repeat: 1 };
const told = (cells: readonly PlannedCell[], name: string) =>
  cells.filter(({ scenario }) => scenario.name === name).map(({ mode }) => mode);

test('every scenario in every mode that it can touch, mode by mode, and what needs instances of its own last', () => {
  const cells = planCells(all);
  const possible = scenarios.flatMap(({ expected }) => lockModeNames.filter((mode) => expected[mode]));
  expect(cells.length).toBe(possible.length);
  const ownFleet = cells.map(({ scenario }) => scenario.fleet !== undefined);
  expect(ownFleet).toEqual([...ownFleet].sort());
  for (const own of [false, true]) {
    const modes = cells.filter((_, index) => ownFleet[index] === own).map(({ mode }) => mode);
    expect(modes.length).toBeGreaterThan(0);
    expect(modes).toEqual([...modes].sort((a, b) => lockModeNames.indexOf(a) - lockModeNames.indexOf(b)));
  }
});

test('a cell that is played several times is played so one after the other', () => {
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

  test('has every scenario in it', () => {
    expect(new Set(cells.map(({ scenario }) => scenario.name))).toEqual(new Set(scenarios.map(({ name }) => name)));
  });

  test('plays each outcome that is expected in its modes once, in the mode that tells most', () => {
    for (const { expected, name } of scenarios) {
      const outcomeOf = (mode: (typeof quickModes)[number]) => expected[mode]?.verdict;
      const outcomes = quickModes.map(outcomeOf).filter((verdict) => verdict !== undefined);
      expect(new Set(told(cells, name).map(outcomeOf)), name).toEqual(new Set(outcomes));
    }
    expect(told(cells, 'paused-holder')).toEqual(['redis', 'fenced']);
    expect(told(cells, 'contention')).toEqual(['redis', 'none']);
    expect(told(cells, 'node-lost')).toEqual(['redis', 'redlock', 'none']);
  });

  test('has the foreign release in a mode that lets a third in, and in one that does not', () => {
    expect(told(cells, 'foreign-release')).toEqual(['redis', 'fenced', 'naive']);
  });

  test('keeps to the modes that it is told', () => {
    expect(told(planCells({ ...all, modes: ['row'], quick: true }), 'paused-holder')).toEqual(['row']);
  });
});
