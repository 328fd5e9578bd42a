import type { LockModeName } from '../../../lock-modes/registry.ts';
import type { LevelId } from './scheduler/levels.ts';

/** The kinds of runs. */
export const scenarios = ['race', 'storm', 'pay', 'cancel', 'steps', 'load'] as const;
export type Scenario = (typeof scenarios)[number];

/** All that a run depends on. A link contains it, so that the run can be repeated. */
export interface Settings {
  readonly scenario: Scenario;
  /** One, or two to be compared side by side. */
  readonly modes: readonly LockModeName[];
  /** For `steps`: the level, if its mode alone does not name it. */
  readonly level?: LevelId;
  /** The payment processor's time for the pay; the cancel's follows from it. */
  readonly thinkMs: number;
  /** undefined: a fresh user of the tab that runs it. */
  readonly userId: number | undefined;
  /** In a storm or a load, decides the calls' times. */
  readonly seed: number;
  /** For `steps`: the steps so far, `A` of the pay and `B` of the cancel. `moves` is the name in the address. */
  readonly moves: string;
}

/** In minor units: what every run pays and cancels. */
export const amount = 4900;

export const most = { thinkMs: 10_000, seed: 2_147_483_647, userId: 4_294_967_295, moves: 40 } as const;

/** The first race shown. Its blocked cancel must be admitted within `LOCK_WAIT_MS` (2 s). */
export const firstRace: Settings = {
  scenario: 'race',
  modes: ['none'],
  thinkMs: 1500,
  userId: undefined,
  seed: 1,
  moves: '',
};
