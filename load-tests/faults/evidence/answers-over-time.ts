import type { RecordedAnswer } from '../../client/recorded-answer.ts';
import type { LoadResult } from './load-result.ts';

/** How a load's calls were answered, time by time, as the JSON has it. */
export interface AnswersOverTime {
  /** When the first of the buckets begins, on the cell's timeline. */
  readonly fromMs: number;
  readonly bucketMs: number;
  /** In order and without a gap; a call is in the one in which its answer was there, or its client gave up. */
  readonly buckets: readonly AnswersInBucket[];
}

export interface AnswersInBucket {
  readonly carriedOut: number;
  /** The answer says that nothing was done. */
  readonly refused: number;
  /** Nobody knows what has become of it. */
  readonly unknown: number;
}

const fineMs = 100;
/** No more than a drawing can show. */
const mostBuckets = 150;

/** @param startedAtMs when the cell began. @returns undefined where nothing was called. */
export function answersOverTime(loads: readonly LoadResult[], startedAtMs: number): AnswersOverTime | undefined {
  const calls = loads.flatMap((load) => load.calls);
  if (calls.length === 0) return undefined;
  const firstMs = calls.reduce((first, { invokedAtMs }) => Math.min(first, invokedAtMs), Number.POSITIVE_INFINITY);
  const lastMs = calls.reduce((last, { returnedAtMs }) => Math.max(last, returnedAtMs), firstMs);
  const bucketMs = fineMs * Math.max(1, Math.ceil((lastMs - firstMs) / fineMs / mostBuckets));
  const buckets = Array.from({ length: Math.floor((lastMs - firstMs) / bucketMs) + 1 }, () => ({
    carriedOut: 0,
    refused: 0,
    unknown: 0,
  }));
  for (const { answer, returnedAtMs } of calls) {
    const bucket = buckets[Math.floor((returnedAtMs - firstMs) / bucketMs)];
    if (bucket) bucket[kindOf(answer)] += 1;
  }
  return { fromMs: Math.round(firstMs - startedAtMs), bucketMs, buckets };
}

const kindOf = (answer: RecordedAnswer): keyof AnswersInBucket =>
  answer === 'refused' || answer === 'unknown' ? answer : 'carriedOut';
