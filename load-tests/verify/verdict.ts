import type { Audit } from './audit.ts';

/** `inconclusive`: no two requests for one user met, or none was carried out, so that nothing was tested. */
export type Verdict = 'violated' | 'held' | 'inconclusive';

/** What each witness saw. */
export interface Witnesses {
  /** From inside the database: writes that were decided on an outdated read. */
  readonly staleWrites: number;
  /** The books, once it was quiet: users who are wronged, by what is wrong. */
  readonly accessWithoutPaying: number;
  readonly chargedTwice: number;
  readonly chargedWithoutAccess: number;
  /** The clients' history; null where it was not recorded. */
  readonly linearizable: boolean | null;
}

/** @returns the witnesses of an audit alone. */
export function witnessesOf(audit: Audit): Witnesses {
  const { staleWrites, accessWithoutPaying, chargedTwice, chargedWithoutAccess } = audit;
  return { staleWrites, accessWithoutPaying, chargedTwice, chargedWithoutAccess, linearizable: null };
}

export const noWitnesses: Witnesses = {
  staleWrites: 0,
  accessWithoutPaying: 0,
  chargedTwice: 0,
  chargedWithoutAccess: 0,
  linearizable: null,
};

/** @returns what the witnesses of two rounds saw together. */
export function addWitnesses(a: Witnesses, b: Witnesses): Witnesses {
  return {
    staleWrites: a.staleWrites + b.staleWrites,
    accessWithoutPaying: a.accessWithoutPaying + b.accessWithoutPaying,
    chargedTwice: a.chargedTwice + b.chargedTwice,
    chargedWithoutAccess: a.chargedWithoutAccess + b.chargedWithoutAccess,
    linearizable: a.linearizable === false ? false : (b.linearizable ?? a.linearizable),
  };
}

/** What of a load makes it a test: that requests met, and that some of each kind were carried out. */
export interface Load {
  readonly overlapping: number;
  readonly answers: Readonly<Record<string, number>>;
}

/** Any one witness is enough for `violated`: they see different things. */
export function verdictOf(witnesses: Witnesses, { overlapping, answers }: Load): Verdict {
  const { linearizable, ...counts } = witnesses;
  if (linearizable === false || Object.values(counts).some((count) => count > 0)) return 'violated';
  const wasTested = overlapping > 0 && (answers.paid ?? 0) > 0 && (answers.cancelled ?? 0) > 0;
  return wasTested ? 'held' : 'inconclusive';
}
