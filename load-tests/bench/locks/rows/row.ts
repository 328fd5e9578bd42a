import { ownLock, ownLockWithoutTokens } from '../libraries/own-lock.ts';
import type { RowName } from '../options.ts';
import type { BenchServers } from '../servers.ts';

/** Figures by column key. */
export type Figures = Readonly<Record<string, number>>;

export interface Column {
  readonly key: string;
  readonly head: string;
  readonly digits: number;
  /** How the rounds are aggregated. */
  readonly rounds: 'median' | 'max' | 'sum';
}

/** A goal of this project's lock. It is printed; a missed one does not fail the run. */
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
  /** @returns a fresh key, so that nothing left by an earlier slice disturbs this one. */
  newKey(): string;
  log(message: string): void;
}

export interface PreparedRow extends AsyncDisposable {
  /** Measures one round of the libraries, in this order where they run one after the other. */
  measure(libraries: readonly string[], round: number): Promise<ReadonlyMap<string, Figures>>;
}

/** One benchmark, run with every library. */
export interface Row {
  readonly name: RowName;
  readonly title: string;
  readonly libraries: readonly string[];
  readonly columns: readonly Column[];
  prepare(bench: Bench): Promise<PreparedRow>;
  /** @param of a library's figures over all rounds; undefined when it was not measured. */
  judge(of: (library: string) => Figures | undefined): Claim[];
}

/**
 * Measures libraries one after the other. One that fails has no figures; the others continue.
 *
 * @param recover cleans up after a failure.
 */
export function oneByOne(
  log: Bench['log'],
  measure: (library: string, round: number) => Promise<Figures>,
  recover: (library: string) => Promise<void> = async () => {},
): PreparedRow['measure'] {
  return async (libraries, round) => {
    const measured = new Map<string, Figures>();
    for (const library of libraries) {
      try {
        measured.set(library, await measure(library, round));
      } catch (error) {
        log(`  ${library} failed: ${error instanceof Error ? error.message : error}`);
        await recover(library);
      }
    }
    return measured;
  };
}

/** The lock whose claims are judged. */
export const own = ownLock.name;
export const ownWithoutTokens = ownLockWithoutTokens.name;

export const atMost = (limit: number, value: number, text: string): Claim => ({ text, value, holds: value <= limit });

export const atLeast = (limit: number, value: number, text: string): Claim => ({ text, value, holds: value >= limit });

/** @returns the library with the lowest or highest figure; undefined when none was measured. */
export function best(
  names: readonly string[],
  of: (name: string) => Figures | undefined,
  key: string,
  which: 'lowest' | 'highest',
): { readonly name: string; readonly figures: Figures } | undefined {
  const sign = which === 'lowest' ? 1 : -1;
  return names
    .flatMap((name) => {
      const figures = of(name);
      return figures && Number.isFinite(figures[key]) ? [{ name, figures }] : [];
    })
    .sort((a, b) => sign * ((a.figures[key] ?? 0) - (b.figures[key] ?? 0)))[0];
}

/** @returns NaN when it was not measured: no claim holds for NaN. */
export const figure = (figures: Figures, key: string): number => figures[key] ?? Number.NaN;
