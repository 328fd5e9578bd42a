import type { LockModeName } from '../../../lock-modes/lock-mode.ts';

/** What is done to a user, in one run. */
export const scenarios = ['race', 'storm', 'pay', 'cancel', 'steps', 'load'] as const;
export type Scenario = (typeof scenarios)[number];

/** All that a run depends on, so that it can be run again: it is what a link to it says. */
export interface Settings {
  readonly scenario: Scenario;
  /** One, or two to be compared side by side. */
  readonly modes: readonly LockModeName[];
  /** How long the card processor takes over the pay; the cancel follows from it. */
  readonly thinkMs: number;
  /** Whom it is done to; undefined: whoever is free, chosen by the seed. */
  readonly userId: number | undefined;
  /** Of all that is left to chance: who is chosen, and in a storm or a load, how long each call takes. */
  readonly seed: number;
  /** Of `steps`: who has moved so far, `A` the pay and `B` the cancel. */
  readonly moves: string;
}

/** In minor units: what every run pays and cancels. */
export const amount = 4900;

export const most = {
  thinkMs: 10_000,
  seed: 2_147_483_647,
  userId: 4_294_967_295,
  moves: 40,
} as const;

/** The race that is shown first. Its cancel, which waits for the pay, must be let in before `LOCK_WAIT_MS` (2 s) is over. */
export const firstRace: Settings = {
  scenario: 'race',
  modes: ['none'],
  thinkMs: 1500,
  userId: undefined,
  seed: 1,
  moves: '',
};
