import { type HalfDone, noneHalfDone } from '../../client/recorded-answer.ts';

/**
 * Finds a disagreement between flag and ledger: a paid user has exactly one open charge, an unpaid one none. Until they
 * are reconciled, each pay that is half done may have left one charge more, as it charges before it writes the flag; and
 * a cancel that is half done may have refunded a user who still has access.
 *
 * @param balance the sum of the open charges.
 * @param amounts possible amounts of one charge; no two of them add up to a third.
 */
export function anomalyOf(
  paid: boolean,
  balance: number,
  amounts: ReadonlySet<number>,
  { pays, cancels }: HalfDone = noneHalfDone,
): 'accessWithoutPaying' | 'chargedTwice' | 'chargedWithoutAccess' | undefined {
  const charges = fewestCharges(balance, amounts);
  if (charges === 0) return paid && cancels === 0 ? 'accessWithoutPaying' : undefined;
  if (charges <= (paid ? 1 : 0) + pays) return undefined;
  return charges === 1 ? 'chargedWithoutAccess' : 'chargedTwice';
}

/** @returns the smallest number of charges that add up to the balance; Infinity if none do. */
function fewestCharges(balance: number, amounts: ReadonlySet<number>): number {
  let sums = new Set([0]);
  for (let charges = 0; sums.size > 0; charges++) {
    if (sums.has(balance)) return charges;
    sums = new Set(
      [...sums].flatMap((sum) => [...amounts].map((amount) => sum + amount)).filter((sum) => sum <= balance),
    );
  }
  return Number.POSITIVE_INFINITY;
}
