/**
 * Something that happened in a cell, as the JSON's `timeline` has it. Two things that a reader can rely on whatever the
 * `kind` is: when it was, and what it was in words. More kinds may come.
 */
export type TimelineEvent = EventData & {
  /** Since the cell began, by this process's monotonic clock, in tenths of a millisecond. */
  readonly atMs: number;
  /** In words. */
  readonly what: string;
};

/** What happened, and where: `at` is an instance, `node` a Redis server, `who` a request such as `A`. */
export type EventData =
  | {
      readonly kind: 'sent';
      readonly who: string;
      readonly at: string;
      readonly command: string;
      readonly amount: number;
    }
  /** The step control does not hold it any more. */
  | { readonly kind: 'goes-on'; readonly who: string; readonly at: string }
  | { readonly kind: 'held'; readonly who: string; readonly at: string; readonly before: string }
  | { readonly kind: 'answered'; readonly who: string; readonly at: string; readonly answer: string }
  /** `fault` numbers the cell's faults; `hits` are the servers and instances that it touches. */
  | { readonly kind: 'fault' | 'healed'; readonly fault: number; readonly hits: readonly string[] }
  /** A lock was granted on one node, to last until `untilMs` if nobody ends it sooner. */
  | {
      readonly kind: 'granted';
      readonly who: string;
      readonly at: string;
      readonly node: string;
      readonly untilMs: number;
    }
  /** It is there no more: its TTL is over, somebody has deleted it, or the node was lost with it. */
  | {
      readonly kind: 'ended';
      readonly who: string;
      readonly node: string;
      readonly how: 'expired' | 'deleted' | 'lost';
    }
  | { readonly kind: 'charged'; readonly who: string; readonly at: string; readonly amount: number }
  | { readonly kind: 'refunded'; readonly who: string; readonly at: string; readonly chargeOf: string }
  /** It made this `version`, having read another than it overwrote if it is stale: then the write of `lost` is lost. */
  | {
      readonly kind: 'wrote';
      readonly who: string;
      readonly at: string;
      readonly paid: boolean;
      readonly version: number;
      readonly readVersion: number;
      readonly isStale: boolean;
      readonly lost?: string;
    }
  /** Told by the scenario, in words alone. */
  | { readonly kind: 'told' };

/** Records the events of a cell as they happen. */
export interface EventLog {
  /** @param atMs when it happened, by the monotonic clock of this process; now by default. */
  record(what: string, data: EventData, atMs?: number): void;
  /** What was recorded, in order of time. */
  readonly events: readonly TimelineEvent[];
}

/** @param startedAtMs the moment of this process's monotonic clock that all times are since. */
export function createEventLog(startedAtMs: number): EventLog {
  const recorded: TimelineEvent[] = [];
  return {
    record(what, data, atMs = performance.now()) {
      recorded.push({ atMs: Math.round((atMs - startedAtMs) * 10) / 10, what, ...data });
    },
    get events() {
      return [...recorded].sort((a, b) => a.atMs - b.atMs); // stable: what came at once stays as it came
    },
  };
}
