import { checkLinearizability } from '../verify/linearizability.ts';
import { type AnsweredCall, operationOf } from '../verify/operation.ts';
import type { Name } from './pairs.ts';

/** A disagreement between a user's flag and ledger. */
export type Anomaly = 'accessWithoutPaying' | 'chargedTwice' | 'chargedWithoutAccess';

/** The result of one order, on the real stack or in the model. */
export interface ReplayResult {
  /** The request that each step belongs to, such as `AABABB`. */
  readonly order: string;
  /** Whether a guard blocked a request at its turn, so that its rival continued first. */
  readonly blocked: boolean;
  /** The steps in the order of their execution, such as `A read`. */
  readonly executed: readonly string[];
  /** A `status`, or the last part of a problem's `type`. */
  readonly answers: Readonly<Record<Name, string>>;
  /** Witness 1: writes decided on a stale read. */
  readonly staleWrites: number;
  /** Witness 2: the anomaly in the ledger at the end, if any. */
  readonly wrong: Anomaly | null;
  /** Witness 3: whether the clients' history, with a final read, is linearizable. */
  readonly linearizable: boolean;
}

/** True if any witness found a violation. */
export function isViolated({ staleWrites, wrong, linearizable }: ReplayResult): boolean {
  return staleWrites > 0 || wrong !== null || !linearizable;
}

export function isLinearizable(calls: readonly AnsweredCall[]): boolean {
  return checkLinearizability(calls.flatMap((call) => operationOf(call) ?? [])).linearizable;
}
