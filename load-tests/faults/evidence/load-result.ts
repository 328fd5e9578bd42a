import { type HalfDone, isCarriedOut, type RecordedAnswer } from '../../client/recorded-answer.ts';
import type { Operation } from '../../verify/operation.ts';

/** A call of a load, including refused ones. Times are of this process's monotonic clock. */
export interface LoadCall {
  readonly userId: number;
  readonly call: Operation['call'];
  readonly answer: RecordedAnswer;
  readonly invokedAtMs: number;
  readonly returnedAtMs: number;
}

export interface LoadResult {
  readonly calls: readonly LoadCall[];
  readonly histories: ReadonlyMap<number, readonly Operation[]>;
  /** By user, where a call may be half done. */
  readonly halfDone: ReadonlyMap<number, HalfDone>;
  /** When requests must be served for the mode to count as available. */
  readonly judged: Span;
  /** Whether requests for one user must meet; false for a load of one client per user, which tests durability. */
  readonly isContended: boolean;
}

interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** @returns the number of calls carried out within the judged span. */
export function servedIn({ calls, judged: { fromMs, toMs } }: LoadResult): number {
  return calls.filter(
    ({ answer, invokedAtMs, returnedAtMs }) => isCarriedOut(answer) && invokedAtMs >= fromMs && returnedAtMs <= toMs,
  ).length;
}

/** True if a call that was in flight within the judged span was refused. */
export function isRefusedIn({ calls, judged: { fromMs, toMs } }: LoadResult): boolean {
  return calls.some(
    ({ answer, invokedAtMs, returnedAtMs }) => answer === 'refused' && invokedAtMs <= toMs && returnedAtMs >= fromMs,
  );
}

/**
 * True if two calls for one user were in flight at once since the fault began, neither was refused, and one is known to have
 * changed the flag. Others test no mutual exclusion.
 */
export function haveMet({ calls, judged: { fromMs } }: LoadResult): boolean {
  const admitted = calls.filter(({ answer, returnedAtMs }) => answer !== 'refused' && returnedAtMs >= fromMs);
  const changes = admitted.filter(({ answer }) => answer === 'paid' || answer === 'cancelled');
  return changes.some((change) =>
    admitted.some((other) => other !== change && other.userId === change.userId && areAtOnce(change, other)),
  );
}

const areAtOnce = (a: LoadCall, b: LoadCall) => a.invokedAtMs < b.returnedAtMs && b.invokedAtMs < a.returnedAtMs;

/** @returns the longest time without a carried-out call, from the load's first call to its last answer. */
export function longestSilenceMs({ calls }: LoadResult): number {
  const isEnd = ({ answer }: LoadCall, index: number) => isCarriedOut(answer) || index === calls.length - 1;
  const inOrder = calls.toSorted((a, b) => a.returnedAtMs - b.returnedAtMs);
  let since = calls.reduce((first, { invokedAtMs }) => Math.min(first, invokedAtMs), Number.POSITIVE_INFINITY);
  let longest = 0;
  for (const { returnedAtMs } of inOrder.filter(isEnd)) {
    longest = Math.max(longest, returnedAtMs - since);
    since = returnedAtMs;
  }
  return Math.round(longest);
}

/** The answers of a load over time, as the JSON has them. */
export interface AnswersOverTime {
  /** Start of the first bucket, on the cell's timeline. */
  readonly fromMs: number;
  readonly bucketMs: number;
  /** Consecutive. A call is in the bucket in which it was answered, or its client gave up. */
  readonly buckets: readonly AnswersInBucket[];
}

export interface AnswersInBucket {
  readonly carriedOut: number;
  /** Answered as without effect. */
  readonly refused: number;
  readonly unknown: number;
}

const minBucketMs = 100;
/** As many as a chart can show. */
const maxBuckets = 150;

/** @param startedAtMs when the cell began. @returns undefined without calls. */
export function answersOverTime(loads: readonly LoadResult[], startedAtMs: number): AnswersOverTime | undefined {
  const calls = loads.flatMap((load) => load.calls);
  if (calls.length === 0) return undefined;
  const firstMs = calls.reduce((first, { invokedAtMs }) => Math.min(first, invokedAtMs), Number.POSITIVE_INFINITY);
  const lastMs = calls.reduce((last, { returnedAtMs }) => Math.max(last, returnedAtMs), firstMs);
  const bucketMs = minBucketMs * Math.max(1, Math.ceil((lastMs - firstMs) / minBucketMs / maxBuckets));
  const buckets = Array.from({ length: Math.floor((lastMs - firstMs) / bucketMs) + 1 }, () => ({
    carriedOut: 0,
    refused: 0,
    unknown: 0,
  }));
  for (const { answer, returnedAtMs } of calls) {
    const bucket = buckets[Math.floor((returnedAtMs - firstMs) / bucketMs)];
    if (bucket) bucket[answer === 'refused' || answer === 'unknown' ? answer : 'carriedOut'] += 1;
  }
  return { fromMs: Math.round(firstMs - startedAtMs), bucketMs, buckets };
}
