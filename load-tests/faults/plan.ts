import type { LockModeName } from '../../app/lock-modes/index.ts';
import type { Scenario } from './scenarios/scenario.ts';

/** What is to be run. */
export interface PlanOptions {
  readonly scenarios: readonly Scenario[];
  readonly modes: readonly LockModeName[];
  /** Of each scenario, only one mode for each outcome that is expected. */
  readonly quick: boolean;
  /** How often each cell is played. */
  readonly repeat: number;
}

export interface PlannedCell {
  readonly scenario: Scenario;
  readonly mode: LockModeName;
  /** Counts from 1. */
  readonly play: number;
}

/**
 * The modes of a quick run, the one that tells most first: the lock that most services use, what holds where it does not,
 * what it is better than, what is said to be better than it, and no lock at all.
 */
export const quickModes: readonly LockModeName[] = ['redis', 'fenced', 'naive', 'redlock', 'none'];

/**
 * @returns the cells in the order in which they are played: mode by mode, and those last that need instances of their own,
 *   as all others share theirs.
 */
export function planCells({ scenarios, modes, quick, repeat }: PlanOptions): PlannedCell[] {
  const modesOf = new Map(scenarios.map((scenario) => [scenario, quick ? onePerOutcome(scenario, modes) : modes]));
  const cells = modes.flatMap((mode) =>
    scenarios
      .filter((scenario) => scenario.expected[mode] && modesOf.get(scenario)?.includes(mode))
      .flatMap((scenario) => Array.from({ length: repeat }, (_, index) => ({ scenario, mode, play: index + 1 }))),
  );
  return cells.sort((a, b) => Number(a.scenario.fleet !== undefined) - Number(b.scenario.fleet !== undefined));
}

/** @returns the modes that a quick run needs, to see every outcome that the scenario should have in any of `modes`. */
function onePerOutcome({ expected }: Scenario, modes: readonly LockModeName[]): LockModeName[] {
  const rank = (mode: LockModeName) => quickModes.indexOf(mode) + 1 || quickModes.length + 1;
  const chosen = new Map<string, LockModeName>();
  for (const mode of [...modes].sort((a, b) => rank(a) - rank(b))) {
    const expectation = expected[mode];
    if (!expectation) continue;
    const outcome = `${expectation.verdict}, ${expectation.thirdGotIn}`;
    if (!chosen.has(outcome)) chosen.set(outcome, mode);
  }
  return [...chosen.values()];
}
