import { checkLinearizability } from '../verify/linearizability.ts';
import { operationOf, type ToldCall } from '../verify/operation.ts';
import type { Name } from './pairs.ts';

/** What was wrong between a user's flag and books in the end. */
export type Wrong = 'accessWithoutPaying' | 'chargedTwice' | 'chargedWithoutAccess';

/** What one order came to: on the real stack, or on the model. */
export interface Replayed {
  /** Whose turn each step was to be, such as `AABABB`. */
  readonly order: string;
  /** Whether a guard kept somebody out when its turn came, so that the other one had to go on first. */
  readonly blocked: boolean;
  /** The steps in the order in which they were done, such as `A read`. */
  readonly executed: readonly string[];
  /** A `status`, or the last part of a problem's `type`. */
  readonly answers: Readonly<Record<Name, string>>;
  /** Witness 1: writes that were decided on an outdated read. */
  readonly staleWrites: number;
  /** Witness 2: what was wrong with the books in the end; null when nothing was. */
  readonly wrong: Wrong | null;
  /** Witness 3: whether the clients' history, with a read at its end, is linearizable. */
  readonly linearizable: boolean;
}

/** Whether any of the witnesses saw something. */
export function isViolated({ staleWrites, wrong, linearizable }: Replayed): boolean {
  return staleWrites > 0 || wrong !== null || !linearizable;
}

/** The third witness: what the clients make of the answers. */
export function judgeHistory(calls: readonly ToldCall[]): boolean {
  return checkLinearizability(calls.flatMap((call) => operationOf(call) ?? [])).linearizable;
}
