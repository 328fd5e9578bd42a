import type { LoadResult } from '../../client/tally.ts';
import { settled } from '../locks/guarded-section.ts';
import { median } from '../statistics.ts';

/** What one slice of load came to. */
export interface Figures {
  /** Requests that were carried out, a second. */
  readonly perSecond: number;
  /** Of every answer, in milliseconds. */
  readonly p99Ms: number;
  /** Which share of the answers told that nothing came of the request: busy, undone, unfinished. From 0 to 1. */
  readonly notCarriedOut: number;
}

/** What a mode came to: the medians of its rounds. */
export interface Cost extends Figures {
  readonly mode: string;
  /** What it came to as a multiple of what `none` came to in the same round. */
  readonly besideNone: { readonly perSecond: number; readonly p99Ms: number };
}

/** A round's figures, by mode. */
export type Round = Readonly<Record<string, Figures>>;

/** @throws when nothing was carried out: whoever cannot serve is not to look cheap. */
export function figuresOf({ requests, requestsPerSecond, latencyMs, answers }: LoadResult): Figures {
  const carriedOut = settled(answers);
  if (carriedOut === 0) throw new Error(`nothing was carried out: ${JSON.stringify(answers)}`);
  return {
    perSecond: (requestsPerSecond * carriedOut) / requests,
    p99Ms: latencyMs.p99,
    notCarriedOut: 1 - carriedOut / requests,
  };
}

/**
 * Joins the rounds, each of which has every mode. A machine's speed drifts, and from one round to the next both sides of
 * a ratio drift with it: so each ratio is taken within its round, and then the median of the ratios.
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
  if (!figures) throw new Error(`a round has nothing of ${mode}`);
  return figures;
}
