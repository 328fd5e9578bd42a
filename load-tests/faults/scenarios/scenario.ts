import type { LockModeName } from '../../../app/lock-modes/index.ts';
import type { ScenarioContext } from '../context/scenario-context.ts';
import type { FaultVerdict } from '../verdict.ts';

/** The expected result of a mode. */
export interface Expectation {
  readonly verdict: Exclude<FaultVerdict, 'inconclusive'>;
  /** A clause that completes "because …". */
  readonly why: string;
  /** Whether a third request is admitted beside its rival, if that distinguishes modes. */
  readonly thirdGotIn?: boolean;
}

/** The scenario does not apply to other modes: the fault cannot affect them. */
export type Expectations = Readonly<Partial<Record<LockModeName, Expectation>>>;

/** A fault, the claim that it tests, and the expected result in each mode. */
export interface Scenario {
  /** Name in `--scenarios`. */
  readonly name: string;
  /** The tested claim, in one sentence. */
  readonly claim: string;
  /** The claim's author and publication. */
  readonly source: string;
  /** What is injected: for real, unless it is called equivalent. */
  readonly fault: string;
  readonly expected: Expectations;
  /** Number of users, if it needs many. */
  readonly users?: number;
  /** Settings of its own, for which the instances are restarted. */
  readonly instances?: (mode: LockModeName) => InstanceSettings;
  /**
   * Injects the fault and sends the requests. The context heals every fault in the end.
   *
   * @throws {Inconclusive} if the fault missed its point in time.
   */
  run(context: ScenarioContext): Promise<void>;
}

export interface InstanceSettings {
  readonly env?: Readonly<Record<string, string>>;
  readonly envOf?: (name: string) => Readonly<Record<string, string>>;
  /** Puts the database 10 ms away, each way. */
  readonly farDatabase?: boolean;
}

/** @throws {RangeError} when a mode is named twice. */
export function expect(
  ...groups: readonly (readonly [verdict: Expectation['verdict'], modes: readonly LockModeName[], why: string])[]
): Expectations {
  const expectations: Partial<Record<LockModeName, Expectation>> = {};
  for (const [verdict, modes, why] of groups) {
    for (const mode of modes) {
      if (expectations[mode]) throw new RangeError(`${mode} has two expectations`);
      expectations[mode] = { verdict, why };
    }
  }
  return expectations;
}

/** Adds that a third request is admitted in these modes only. */
export function thirdGetsIn(expected: Expectations, modes: readonly LockModeName[]): Expectations {
  const entries = Object.entries(expected) as [LockModeName, Expectation][];
  return Object.fromEntries(
    entries.map(([mode, expectation]) => [mode, { ...expectation, thirdGotIn: modes.includes(mode) }]),
  );
}

/** The expectation of the modes without mutual exclusion between instances, whatever the fault. */
export const unguarded = ['violated', ['none', 'memory'], 'it excludes no request on another instance'] as const;
