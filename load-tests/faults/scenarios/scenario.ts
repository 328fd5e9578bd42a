import type { LockModeName } from '../../../app/lock-modes/index.ts';
import type { ScenarioContext } from '../context/scenario-context.ts';

/** A fault, and the claim that it tests. `expected.ts` has the expected result in each mode. */
export interface Scenario {
  /** Name in `--scenarios` and `expected.ts`. */
  readonly name: string;
  /** The tested claim, in one sentence. */
  readonly claim: string;
  /** The claim's author and publication. */
  readonly source: string;
  /** What is injected: for real, unless it is called equivalent. */
  readonly fault: string;
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
  /** `far`: 10 ms away, each way. `movable`: every instance reaches it through one proxy. */
  readonly database?: 'far' | 'movable';
}
