import type { LockModeName } from '../../app/lock-modes/index.ts';
import { expected } from './expected.ts';
import type { Scenario } from './scenarios/scenario.ts';

export interface PlanOptions {
  readonly scenarios: readonly Scenario[];
  readonly modes: readonly LockModeName[];
  /** Only one mode per scenario and expected outcome. */
  readonly quick: boolean;
  /** Repetitions of each cell. */
  readonly repeat: number;
}

export interface PlannedCell {
  readonly scenario: Scenario;
  readonly mode: LockModeName;
  /** Number of the repetition, from 1. */
  readonly play: number;
}

/** The modes of a quick run, by preference: the common lock, the one that holds where it does not, and so on. */
export const quickModes: readonly LockModeName[] = ['redis', 'fenced', 'naive', 'redlock', 'none'];

/** @returns the cells in running order: by mode, with those that need their own instance settings last. */
export function planCells({ scenarios, modes, quick, repeat }: PlanOptions): PlannedCell[] {
  const modesOf = new Map(scenarios.map((scenario) => [scenario, quick ? onePerOutcome(scenario, modes) : modes]));
  const cells = modes.flatMap((mode) =>
    scenarios
      .filter((scenario) => expected[mode][scenario.name] && modesOf.get(scenario)?.includes(mode))
      .flatMap((scenario) => Array.from({ length: repeat }, (_, index) => ({ scenario, mode, play: index + 1 }))),
  );
  return cells.sort((a, b) => Number(a.scenario.instances !== undefined) - Number(b.scenario.instances !== undefined));
}

/** @returns one of `modes` for each expected outcome of the scenario. */
function onePerOutcome({ name }: Scenario, modes: readonly LockModeName[]): LockModeName[] {
  const rank = (mode: LockModeName) => quickModes.indexOf(mode) + 1 || quickModes.length + 1;
  const chosen = new Map<string, LockModeName>();
  for (const mode of [...modes].sort((a, b) => rank(a) - rank(b))) {
    const expectation = expected[mode][name];
    if (!expectation) continue;
    const outcome = `${expectation.verdict}, ${expectation.thirdGotIn}`;
    if (!chosen.has(outcome)) chosen.set(outcome, mode);
  }
  return [...chosen.values()];
}
