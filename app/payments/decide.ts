import type { Account, OpenCharge } from './account.ts';

/** What a client asks for; `amount` in minor units. */
export interface Command {
  readonly kind: 'pay' | 'cancel';
  readonly amount: number;
}

/** What to do about a command. */
export type Decision =
  | { act: 'none'; answer: 'already_paid' | 'nothing_to_cancel' }
  /** Charge, then write the flag. */
  | { act: 'charge'; amount: number }
  /** Refund all of these, then clear the flag. */
  | { act: 'refund'; charges: readonly OpenCharge[] }
  /** Paid, with no open charge: only clear the flag. */
  | { act: 'clear' };

/** Decides on a snapshot of the account alone. Correct only if no rival writes between the read and the act. */
export function decide(account: Account, command: Command): Decision {
  if (command.kind === 'pay') {
    return account.paid ? { act: 'none', answer: 'already_paid' } : { act: 'charge', amount: command.amount };
  }
  // The access was paid with another amount. An open charge of this amount then belongs to a rival that has not yet written
  // the flag, and takes the charge back if that write is refused. Clearing the flag would cancel the other payment, also if
  // its own cancel has refunded it and is about to clear the flag.
  const charges = account.openCharges.filter((charge) => charge.amount === command.amount);
  if (isPaidWithAnotherAmount(account, command) && (account.paidBy || charges.length === 0)) {
    return { act: 'none', answer: 'nothing_to_cancel' };
  }
  if (charges.length > 0) return { act: 'refund', charges };
  if (account.paid && account.openCharges.length === 0) return { act: 'clear' };
  return { act: 'none', answer: 'nothing_to_cancel' };
}

/** Decides for a cancel that has already refunded in an earlier pass and must be finished. */
export function decideToFinish(account: Account, command: Command): Decision {
  const decision = decide(account, command);
  // The flag still stands for the payment that this request refunded. Any other open charge belongs to a rival of another
  // amount, whose write is refused once this one is written.
  const standsForIt = account.paid && !account.paidBy && !isPaidWithAnotherAmount(account, command);
  return decision.act === 'none' && standsForIt ? { act: 'clear' } : decision;
}

const isPaidWithAnotherAmount = ({ paidBy, refundedAmount }: Account, { amount }: Command): boolean =>
  (paidBy?.amount ?? refundedAmount ?? amount) !== amount;
