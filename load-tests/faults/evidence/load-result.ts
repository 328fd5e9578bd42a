import { isCarriedOut, type RecordedAnswer } from '../../client/recorded-answer.ts';
import type { Operation } from '../../verify/operation.ts';

/** A call of a load, refused ones too. Moments are of this process's monotonic clock. */
export interface LoadCall {
  readonly userId: number;
  readonly call: Operation['call'];
  readonly answer: RecordedAnswer;
  readonly invokedAtMs: number;
  readonly returnedAtMs: number;
}

/** What a load came to. */
export interface LoadResult {
  readonly calls: readonly LoadCall[];
  readonly histories: ReadonlyMap<number, readonly Operation[]>;
  /** When somebody had to be served, for the mode to have been available. */
  readonly judged: Span;
}

/** Two moments of this process's monotonic clock. */
interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** How many calls that were sent and answered in the judged time were carried out. */
export function servedIn({ calls, judged: { fromMs, toMs } }: LoadResult): number {
  return calls.filter(
    ({ answer, invokedAtMs, returnedAtMs }) => isCarriedOut(answer) && invokedAtMs >= fromMs && returnedAtMs <= toMs,
  ).length;
}

/** @returns the longest time, in ms, for which nothing was carried out. */
export function longestSilenceMs({ calls }: LoadResult): number {
  const returns = calls.filter(({ answer }) => isCarriedOut(answer)).map(({ returnedAtMs }) => returnedAtMs);
  const moments = returns.sort((a, b) => a - b);
  return Math.round(moments.reduce((longest, ms, index) => Math.max(longest, ms - (moments[index - 1] ?? ms)), 0));
}
