import type { LoadResult } from '../../client/tally.ts';
import { countCarriedOut } from '../locks/rows/guarded-section.ts';
import { median } from '../statistics.ts';

/** The result of one slice of load. */
export interface Figures {
  /** Requests carried out per second. */
  readonly perSecond: number;
  /** Over all answers. */
  readonly p99Ms: number;
  /** Share of requests that were refused, undone or left unfinished, from 0 to 1. */
  readonly notCarriedOut: number;
}

/** The medians of a mode's rounds. */
export interface Cost extends Figures {
  readonly mode: string;
  /** Ratios to mode `none` in the same round. */
  readonly besideNone: { readonly perSecond: number; readonly p99Ms: number };
}

/** The figures of one round, by mode. */
export type Round = Readonly<Record<string, Figures>>;

/** @throws when no request was carried out: a mode that serves none must not look cheap. */
export function figuresOf({ requests, requestsPerSecond, latencyMs, answers }: LoadResult): Figures {
  const carriedOut = countCarriedOut(answers);
  if (carriedOut === 0) throw new Error(`no request was carried out: ${JSON.stringify(answers)}`);
  return {
    perSecond: (requestsPerSecond * carriedOut) / requests,
    p99Ms: latencyMs.p99,
    notCarriedOut: 1 - carriedOut / requests,
  };
}

/**
 * Aggregates rounds that each measured every mode. A machine's speed drifts, so each ratio is taken within its round, and
 * the result is the median of the ratios.
 */
export function costsOf(modes: readonly string[], rounds: readonly Round[]): Cost[] {
  return modes.map((mode) => {
    const own = rounds.map((round) => of(round, mode));
    const ratio = (key: 'perSecond' | 'p99Ms') =>
      median(rounds.map((round) => of(round, mode)[key] / of(round, 'none')[key]));
    return {
      mode,
      perSecond: median(own.map(({ perSecond }) => perSecond)),
      p99Ms: median(own.map(({ p99Ms }) => p99Ms)),
      notCarriedOut: median(own.map(({ notCarriedOut }) => notCarriedOut)),
      besideNone: { perSecond: ratio('perSecond'), p99Ms: ratio('p99Ms') },
    };
  });
}

function of(round: Round, mode: string): Figures {
  const figures = round[mode];
  if (!figures) throw new Error(`a round lacks mode ${mode}`);
  return figures;
}
