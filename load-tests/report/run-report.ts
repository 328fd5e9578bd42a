import type { LoadResult } from '../client/tally.ts';
import type { LockKey } from '../race/expectation.ts';
import type { HistoryReport } from '../race/history.ts';
import type { Verdict, Witnesses } from '../verify/verdict.ts';

/** One mode's run, as the JSON has it. Other programs read it: fields may come, none may go or change its name. */
export interface RunReport extends LoadResult {
  readonly mode: string;
  readonly instances: number;
  readonly witnesses: Witnesses;
  /** What `witnesses.linearizable` rests on. */
  readonly history: HistoryReport;
  readonly verdict: Verdict;
  readonly expected: Verdict;
}

/** The whole run, as `--json` writes it. */
export interface RaceReport {
  /** Whether every mode came out as expected: the race shown where nothing guards, and held off where something does. */
  readonly demonstrated: boolean;
  readonly seed: number;
  /** How many amounts each user had. */
  readonly amounts: number;
  /** What the lock's key was made of; of a running stack it is not known, and taken to be what it is by default. */
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
