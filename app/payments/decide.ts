import type { Account, OpenCharge } from './account.ts';

/** What a user asks for; `amount` in minor units. */
export interface Command {
  readonly kind: 'pay' | 'cancel';
  readonly amount: number;
}

/** What is to be done about a command, on what was read. */
export type Decision =
  | { act: 'none'; answer: 'already_paid' | 'nothing_to_cancel' }
  /** Charge, then write the flag. */
  | { act: 'charge'; amount: number }
  /** Refund all of these, then clear the flag. */
  | { act: 'refund'; charges: readonly OpenCharge[] }
  /** Paid, with nothing open at all: clear the flag only. */
  | { act: 'clear' };

/** Decides on a snapshot of the account, and on nothing else. Right only if nobody writes between the read and the act. */
export function decide(account: Account, command: Command): Decision {
  if (command.kind === 'pay') {
    return account.paid ? { act: 'none', answer: 'already_paid' } : { act: 'charge', amount: command.amount };
  }
  // What is open of this amount is then a rival's, whose write of the flag is still to come: if it is refused, the rival
  // takes its charge back. To clear the flag on account of it would be to take away what the other amount has paid for.
  if (account.paidBy && account.paidBy.amount !== command.amount) return { act: 'none', answer: 'nothing_to_cancel' };
  const charges = account.openCharges.filter((charge) => charge.amount === command.amount);
  if (charges.length > 0) return { act: 'refund', charges };
  if (account.paid && account.openCharges.length === 0) return { act: 'clear' };
  return { act: 'none', answer: 'nothing_to_cancel' };
}

/** Decides for a cancel of which an earlier pass has made refunds already: what it has begun, it is to finish. */
export function decideToFinish(account: Account, command: Command): Decision {
  const decision = decide(account, command);
  // The flag still says what this request has refunded. What else is open is a rival's of another amount, whose write is
  // refused as soon as the flag is written.
  return decision.act === 'none' && account.paid && !account.paidBy ? { act: 'clear' } : decision;
}
