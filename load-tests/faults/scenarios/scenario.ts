import type { LockModeName } from '../../../app/lock-modes/index.ts';
import type { ScenarioContext } from '../context/scenario-context.ts';
import type { FaultVerdict } from '../verdict.ts';

/** What a mode should come to, and why. */
export interface Expectation {
  readonly verdict: Exclude<FaultVerdict, 'inconclusive'>;
  readonly why: string;
  /** Whether a third request gets in while its rival is inside, where that is what tells modes apart. */
  readonly thirdGotIn?: boolean;
}

/** A mode that is not named has nothing that the fault could touch: the scenario does not apply to it. */
export type Expectations = Readonly<Partial<Record<LockModeName, Expectation>>>;

/** One fault, the claim that it puts to the test, and what is expected of each mode. */
export interface Scenario {
  /** As `--scenarios` has it. */
  readonly name: string;
  /** What somebody has said, in a sentence. */
  readonly claim: string;
  /** Who has said it, and where. */
  readonly source: string;
  /** What is done, for real, unless it says that it is only equivalent. */
  readonly fault: string;
  readonly expected: Expectations;
  /** How many users it takes, if more than a few. */
  readonly users?: number;
  /** What the fleet is told beyond what every cell has; instances are started anew for it. */
  readonly fleet?: (mode: LockModeName) => Fleet;
  /**
   * Plays the fault and the requests that meet in it. Faults are given to the context, which heals them whatever happens.
   *
   * @throws {Inconclusive} when the fault did not fall where it was to.
   */
  play(context: ScenarioContext): Promise<void>;
}

/** What the instances are told. */
export interface Fleet {
  readonly env?: Readonly<Record<string, string>>;
  readonly envOf?: (name: string) => Readonly<Record<string, string>>;
  /** Whether every instance is far from its database: 10 ms each way. */
  readonly farDatabase?: boolean;
}

/** @throws {RangeError} when a mode is named twice. */
export function expect(
  ...groups: readonly (readonly [verdict: Expectation['verdict'], modes: readonly LockModeName[], why: string])[]
): Expectations {
  const expectations: Partial<Record<LockModeName, Expectation>> = {};
  for (const [verdict, modes, why] of groups) {
    for (const mode of modes) {
      if (expectations[mode]) throw new RangeError(`${mode} is expected to come to two things`);
      expectations[mode] = { verdict, why };
    }
  }
  return expectations;
}

/** @returns the same, and that a third request gets in in these modes and in no others. */
export function thirdGetsIn(expected: Expectations, modes: readonly LockModeName[]): Expectations {
  const entries = Object.entries(expected) as [LockModeName, Expectation][];
  return Object.fromEntries(
    entries.map(([mode, expectation]) => [mode, { ...expectation, thirdGotIn: modes.includes(mode) }]),
  );
}

/** Why they are violated whatever the fault is: nothing keeps the requests of two instances apart. */
export const unguarded = [
  'violated',
  ['none', 'memory'],
  'nothing keeps requests on two instances apart, fault or no fault',
] as const;
