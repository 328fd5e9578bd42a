import { checkLinearizability } from '../verify/linearizability.ts';
import type { Operation } from '../verify/operation.ts';
import type { Name } from './pairs.ts';

/** One call of a replay, with its answer as it was: a `status`, or the last part of a problem's `type`. */
export interface ToldCall extends Pick<Operation, 'call' | 'invokedAtMs' | 'returnedAtMs'> {
  readonly answer: string;
}

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

/** Answers of requests that did nothing; what else is no answer of a payment leaves its client in the dark. */
const refusals = new Set(['lock-busy', 'unavailable']);
const payments = new Set(['paid', 'already_paid', 'cancelled', 'nothing_to_cancel', 'free']);

/** The third witness: what the clients make of the answers. `unknown` are those that leave it open what has happened. */
export function judgeHistory(calls: readonly ToldCall[]): boolean {
  const told = calls.filter(({ answer }) => !refusals.has(answer));
  const history = told.map((call) => (payments.has(call.answer) ? call : { ...call, answer: 'unknown' }));
  return checkLinearizability(history as Operation[]).linearizable;
}
