import type { LoadResult } from '../client/tally.ts';
import type { LockKey } from '../race/expectation.ts';
import type { HistoryReport } from '../race/history.ts';
import type { Verdict, Witnesses } from '../verify/verdict.ts';

/** One mode's run, as in the JSON. Other programs read it: add fields, remove or rename none. */
export interface RunReport extends LoadResult {
  readonly mode: string;
  readonly instances: number;
  readonly witnesses: Witnesses;
  /** The evidence for `witnesses.linearizable`. */
  readonly history: HistoryReport;
  readonly verdict: Verdict;
  readonly expected: Verdict;
}

/** The whole run, as `--json` writes it. */
export interface RaceReport {
  /** True if every verdict is the expected one. */
  readonly demonstrated: boolean;
  readonly seed: number;
  /** Number of amounts of each user. */
  readonly amounts: number;
  /** `LOCK_KEY` of the instances. With `--url` it is unknown, and the default is assumed. */
  readonly lockKey: LockKey;
  readonly environment: {
    readonly node: string;
    readonly mysql: string;
    readonly redis: string;
    readonly nginx: string;
    readonly cpus: number;
  };
  readonly runs: readonly RunReport[];
}
