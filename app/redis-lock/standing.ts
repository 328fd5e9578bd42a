import type { LockNode } from './node.ts';

/** How things stand between one claim and one Redis. Times are in milliseconds, moments on the monotonic clock. */
export interface Standing {
  readonly node: LockNode;
  /** Its last answer: `queued` and `busy` are somebody else's lock, with a place in the queue and without. */
  answer: 'asked' | 'granted' | 'queued' | 'busy' | 'failed';
  /** Whether it may know of the claim, so that it has to be told when the claim is given up. */
  told: boolean;
  /** Until when its grant is good. */
  validUntil: number;
  /** The last of the fencing tokens that came with its grant. */
  lastToken: number;
  /** How long somebody else holds the lock there, as it last said. */
  heldForMs: number;
  /** What kept it from answering. */
  error: Error | undefined;
  /** A moment on its own clock, in microseconds, and one on ours that is certainly not later. */
  clock: { readonly micros: number; readonly notBefore: number; readonly connection: unknown } | undefined;
}

export function newStanding(node: LockNode): Standing {
  return {
    node,
    answer: 'asked',
    told: false,
    validUntil: 0,
    lastToken: 0,
    heldForMs: 0,
    error: undefined,
    clock: undefined,
  };
}

/** @returns until when a quorum has granted the lock: each of them at least until then. */
export function quorumValidUntil(standings: readonly Standing[], quorum: number): number {
  if (standings.length === 1) return standings[0]?.validUntil ?? 0;
  return standings.map(({ validUntil }) => validUntil).sort((a, b) => b - a)[quorum - 1] ?? 0;
}

/** @returns in how many ms a quorum could be had, if those who hold it now let their TTL run out. */
export function quorumHeldForMs(standings: readonly Standing[], quorum: number): number {
  return standings.map(({ heldForMs }) => heldForMs).sort((a, b) => a - b)[quorum - 1] ?? 0;
}
