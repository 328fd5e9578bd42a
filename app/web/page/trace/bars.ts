/** What lasts beside the steps. Times are in milliseconds, by the clock of the events; one without an end is not over. */
export type Bar = FaultBar | LeaseBar | HeldBar | Remark;

interface Lasting {
  readonly fromMs: number;
  readonly toMs?: number;
}

/** An injected fault. */
export interface FaultBar extends Lasting {
  readonly kind: 'fault';
  readonly what: string;
  /** The instances and servers that it hits, by the names of their lanes. */
  readonly hits: readonly string[];
}

/** A lock that one Redis server keeps for a request. */
interface LeaseBar extends Lasting {
  readonly kind: 'lease';
  readonly requestId: string;
  readonly node: string;
  /** The time to live that it was granted with. */
  readonly ttlMs?: number;
  /** How it ended. */
  readonly end?: 'expired' | 'deleted' | 'lost';
}

/** What is worth a line of the list, and is not drawn. */
interface Remark extends Lasting {
  readonly kind: 'remark';
  readonly what: string;
}

/** The step control holds a request. */
interface HeldBar extends Lasting {
  readonly kind: 'held';
  readonly requestId: string;
  /** The step that it is held before. */
  readonly before: string;
  /** True if the step control let it go on. */
  readonly isResumed?: boolean;
}
