import type { Audit } from '../../app/lab/audit-schema.ts';

/**
 * `inconclusive`: no requests for one user overlapped, or none was carried out, or a fault met none, or calls of unknown
 * outcome explain most of the histories, so nothing was tested.
 */
export type Verdict = 'violated' | 'held' | 'inconclusive';

/** What each witness found. */
export interface Witnesses {
  /** The database: writes decided on a stale read. */
  readonly staleWrites: number;
  /** The ledger, once quiet: inconsistent users, by anomaly. */
  readonly accessWithoutPaying: number;
  readonly chargedTwice: number;
  readonly chargedWithoutAccess: number;
  /** The intents: payments that were meant once and charged more than once. */
  readonly chargedAgain: number;
  /** The clients' history; null if none was recorded. */
  readonly linearizable: boolean | null;
}

export function witnessesOf(audit: Audit): Witnesses {
  const { staleWrites, accessWithoutPaying, chargedTwice, chargedWithoutAccess, chargedAgain } = audit;
  return { staleWrites, accessWithoutPaying, chargedTwice, chargedWithoutAccess, chargedAgain, linearizable: null };
}

export const noWitnesses: Witnesses = {
  staleWrites: 0,
  accessWithoutPaying: 0,
  chargedTwice: 0,
  chargedWithoutAccess: 0,
  chargedAgain: 0,
  linearizable: null,
};

/** Adds the witnesses of two rounds. */
export function addWitnesses(a: Witnesses, b: Witnesses): Witnesses {
  return {
    staleWrites: a.staleWrites + b.staleWrites,
    accessWithoutPaying: a.accessWithoutPaying + b.accessWithoutPaying,
    chargedTwice: a.chargedTwice + b.chargedTwice,
    chargedWithoutAccess: a.chargedWithoutAccess + b.chargedWithoutAccess,
    chargedAgain: a.chargedAgain + b.chargedAgain,
    linearizable: a.linearizable === false ? false : (b.linearizable ?? a.linearizable),
  };
}

/** What makes a load a test: overlapping requests, some of each kind carried out, and a fault that met one. */
export interface Load {
  readonly overlapping: number;
  readonly answers: Readonly<Record<string, number>>;
  /** Of the clients' history, if one was recorded. */
  readonly history?: { readonly users: number; readonly onlyByUnknown: number };
  /** True if a fault was injected that met no request. */
  readonly missedItsFault?: boolean;
}

/** True if most users' answers are explained only by calls of unknown outcome: then the history is no witness. */
export const restsOnUnknown = ({ users, onlyByUnknown }: NonNullable<Load['history']>) => 2 * onlyByUnknown > users;

/** One witness suffices for `violated`, because they detect different things. */
export function verdictOf(witnesses: Witnesses, { overlapping, answers, history, missedItsFault }: Load): Verdict {
  const { linearizable, ...counts } = witnesses;
  if (linearizable === false || Object.values(counts).some((count) => count > 0)) return 'violated';
  const wasTested = overlapping > 0 && (answers.paid ?? 0) > 0 && (answers.cancelled ?? 0) > 0;
  return wasTested && !missedItsFault && !(history && restsOnUnknown(history)) ? 'held' : 'inconclusive';
}
