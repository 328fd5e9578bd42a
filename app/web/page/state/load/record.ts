import type { TraceEvent } from '../../../../lab/trace/event.ts';

/** One request of a load, as the browser and the trace saw it. */
export interface LoadRequest extends Pick<TraceEvent, 'requestId' | 'kind' | 'userId'> {
  /** After the load's beginning, by the browser's monotonic clock. */
  readonly sentMs: number;
  /** How long the browser waited for the answer; undefined while it waits. */
  readonly tookMs?: number;
  /** The result, as the tally counts it: `paid`, `lock-busy`, … or `unreachable`. */
  readonly said?: string;
  /** The instance that answered. */
  readonly instance?: string;
  /** True if its write was decided on a stale read: the update that it overwrote is lost. */
  readonly isStale: boolean;
}

/** What is known of a load's requests. */
export interface LoadRecord {
  /** In the order in which they were sent. */
  readonly requests: readonly LoadRequest[];
  /** The trace, in the order of the stream. */
  readonly events: readonly TraceEvent[];
}

export const nothingRecorded: LoadRecord = { requests: [], events: [] };
