/** An event of a cell, as in the JSON's `timeline`. Every `kind` has a time and a text; more kinds may be added. */
export type TimelineEvent = EventData & {
  /** Since the start of the cell, by this process's monotonic clock, to a tenth of a millisecond. */
  readonly atMs: number;
  /** Description. */
  readonly what: string;
};

/** A request, such as `A`, on an instance. */
interface Acting {
  readonly who: string;
  readonly at: string;
}

/** `node` is a Redis server. */
export type EventData =
  | (Acting & {
      readonly kind: 'sent';
      readonly userId: number;
      readonly command: 'pay' | 'cancel';
      readonly amount: number;
    })
  /** The step control has resumed it. */
  | (Acting & { readonly kind: 'goes-on' })
  | (Acting & { readonly kind: 'held'; readonly before: string })
  | (Acting & { readonly kind: 'answered'; readonly answer: string })
  /** `fault` numbers the cell's faults; `hits` names the affected servers and instances. */
  | { readonly kind: 'fault' | 'healed'; readonly fault: number; readonly hits: readonly string[] }
  /** A lock was granted on one node; its TTL expires at `untilMs`. */
  | (Acting & { readonly kind: 'granted'; readonly node: string; readonly untilMs: number })
  /** The lock's TTL has expired, it was deleted, or it was lost with the node. */
  | {
      readonly kind: 'ended';
      readonly who: string;
      readonly node: string;
      readonly how: 'expired' | 'deleted' | 'lost';
    }
  | (Acting & { readonly kind: 'charged'; readonly chargeId: number; readonly amount: number })
  | (Acting & { readonly kind: 'refunded'; readonly chargeId: number; readonly chargeOf: string })
  /** It wrote `version`. A stale write was decided on an older version than it overwrote: the write of `lost` is lost. */
  | (Acting & {
      readonly kind: 'wrote';
      readonly paid: boolean;
      readonly version: number;
      readonly readVersion: number;
      readonly isStale: boolean;
      readonly lost?: string;
    })
  /** A remark by the scenario. */
  | { readonly kind: 'remark' };

/** Records the events of a cell. */
export interface EventLog {
  /** @param atMs by the monotonic clock of this process; default: now. */
  record(what: string, data: EventData, atMs?: number): void;
  /** In order of time. */
  readonly events: readonly TimelineEvent[];
}

/** @param startedAtMs zero of the timeline, by this process's monotonic clock. */
export function createEventLog(startedAtMs: number): EventLog {
  const recorded: TimelineEvent[] = [];
  return {
    record(what, data, atMs = performance.now()) {
      recorded.push({ atMs: Math.round((atMs - startedAtMs) * 10) / 10, what, ...data });
    },
    get events() {
      return [...recorded].sort((a, b) => a.atMs - b.atMs); // stable: equal times keep their order
    },
  };
}
