import { createHistogram } from 'node:perf_hooks';

export interface LoadResult {
  /** Number of answers. */
  readonly requests: number;
  readonly requestsPerSecond: number;
  readonly latencyMs: { readonly p50: number; readonly p99: number };
  /** Ascending; empty without answers. */
  readonly latencyPercentiles: readonly LatencyPercentile[];
  /** Number of answers, by `status` or the last part of a problem's `type`. */
  readonly answers: Readonly<Record<string, number>>;
  /** Failed connections, timeouts, and answers of 500 and above. */
  readonly errors: number;
  /** Requests that were sent while another one for the same user was in flight, and both were carried out. */
  readonly overlapping: number;
}

export interface LatencyPercentile {
  readonly percent: number;
  readonly ms: number;
}

/** Adds up the answers of any number of rounds. */
export interface Tally {
  /** The instances that answered. */
  readonly instances: ReadonlySet<string>;
  answered(answer: { status: number; body: string; instance: string | undefined }): void;
  /** @param ms from the request's first byte to the answer's last. */
  took(ms: number): void;
  ended(round: { seconds: number; errors: number; overlapping: number }): void;
  readonly requests: number;
  result(): LoadResult;
}

/** Answers that are listed even with a count of 0. */
const expected = ['paid', 'already_paid', 'cancelled', 'nothing_to_cancel', 'lock-busy'];

/** Fine enough for the shape of the distribution and its tail. 0 is the minimum, 100 the maximum. */
const percents = [...Array.from({ length: 20 }, (_, index) => index * 5), 99, 99.9, 100];

export function createTally(): Tally {
  const answers: Record<string, number> = Object.fromEntries(expected.map((name) => [name, 0]));
  const instances = new Set<string>();
  const latencyUs = createHistogram();
  let requests = 0;
  let errors = 0;
  let overlapping = 0;
  let seconds = 0;
  const percentileUs = (percent: number) => (percent === 0 ? latencyUs.min : latencyUs.percentile(percent));
  const percentileMs = (percent: number) => Math.round(percentileUs(percent) / 10) / 100;

  return {
    instances,
    get requests() {
      return requests;
    },
    answered({ status, body, instance }) {
      requests += 1;
      if (status >= 500) errors += 1;
      const name = nameOfAnswer(body) ?? `status ${status}`;
      answers[name] = (answers[name] ?? 0) + 1;
      if (instance !== undefined) instances.add(instance);
    },
    took: (ms) => latencyUs.record(Math.max(1, Math.round(ms * 1000))),
    ended(round) {
      seconds += round.seconds;
      errors += round.errors;
      overlapping += round.overlapping;
    },
    result: () => ({
      requests,
      requestsPerSecond: seconds > 0 ? Math.round((requests / seconds) * 10) / 10 : 0,
      latencyMs: { p50: percentileMs(50), p99: percentileMs(99) },
      latencyPercentiles:
        latencyUs.count === 0 ? [] : percents.map((percent) => ({ percent, ms: percentileMs(percent) })),
      answers,
      errors,
      overlapping,
    }),
  };
}

/** @returns the `status` of an answer, or the last part of a problem's `type`. */
export function nameOfAnswer(body: string): string | undefined {
  try {
    const { status, type } = JSON.parse(body) as { status?: unknown; type?: unknown };
    if (typeof type === 'string') return type.replace(/^\/problems\//, '');
    return typeof status === 'string' ? status : undefined;
  } catch {
    return undefined;
  }
}
