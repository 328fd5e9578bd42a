import type { User } from '../../../../payments/users.ts';
import { formatAmount } from '../../format.ts';
import { amount } from '../../state/settings.ts';
import { describeInconsistency } from '../verdict.ts';

/** Describes what a cancel has done to an inconsistent user, in a sentence. */
export function describeRepair(before: User, after: User): string {
  const who = `${before.name} (${before.id})`;
  const left = describeInconsistency('it', after, amount);
  if (left) return `${who} could not be repaired: the cancel did not succeed. Try again.`;
  const refunded = before.balance - after.balance;
  const effects = [
    ...(refunded > 0 ? [`refunded ${formatAmount(refunded)}`] : []),
    ...(before.paid && !after.paid ? ['removed the access'] : []),
  ];
  return `${who}: a cancel ${effects.join(' and ') || 'changed nothing'}.`;
}
