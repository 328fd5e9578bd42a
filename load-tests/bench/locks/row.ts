import type { RowName } from './options.ts';
import type { BenchServers } from './servers.ts';

/** Numbers by the name of a column. */
export type Figures = Readonly<Record<string, number>>;

export interface Column {
  readonly key: string;
  readonly head: string;
  readonly digits: number;
  /** How the rounds become one number. */
  readonly rounds: 'median' | 'max' | 'sum';
}

/** Something that this project's lock is meant to reach: it is printed, and nothing fails by it. */
export interface Claim {
  readonly text: string;
  readonly value: number;
  readonly holds: boolean;
}

export interface Bench {
  readonly servers: BenchServers;
  /** Length of one slice. */
  readonly seconds: number;
  readonly retryMs: number | undefined;
  /** A key that nobody has used: what an earlier slice has left behind disturbs nobody. */
  newKey(): string;
  say(message: string): void;
}

/** A row that is ready to be measured, again and again. */
export interface PreparedRow extends AsyncDisposable {
  /** Measures the contenders, in this order where it is one after the other. @returns the figures of each, in any order */
  measure(contenders: readonly string[], round: number): Promise<ReadonlyMap<string, Figures>>;
}

/**
 * @param recover sets right whatever a failure may have left behind
 * @returns how to measure several when one can be measured at a time. One that fails has no figures, and the others go on.
 */
export function oneByOne(
  say: Bench['say'],
  measure: (contender: string, round: number) => Promise<Figures>,
  recover: (contender: string) => Promise<void> = async () => {},
): PreparedRow['measure'] {
  return async (contenders, round) => {
    const measured = new Map<string, Figures>();
    for (const contender of contenders) {
      try {
        measured.set(contender, await measure(contender, round));
      } catch (error) {
        say(`  ${contender} could not be measured: ${error instanceof Error ? error.message : error}`);
        await recover(contender);
      }
    }
    return measured;
  };
}

/** One thing that is measured of every lock. */
export interface Row {
  readonly name: RowName;
  readonly title: string;
  readonly contenders: readonly string[];
  readonly columns: readonly Column[];
  prepare(bench: Bench): Promise<PreparedRow>;
  /** @param of a contender's figures, joined over the rounds; undefined where it was not measured */
  judge(of: (contender: string) => Figures | undefined): Claim[];
}
