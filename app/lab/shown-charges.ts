import type { OpenCharge } from '../payments/account.ts';

/** A user of the lab can have thousands of open charges, and each event and held request would carry all of them. */
const mostShown = 20;

/** @returns the first of a user's open charges, and how many more there are. */
export function shownCharges(openCharges: readonly OpenCharge[]): {
  openCharges: readonly OpenCharge[];
  moreOpenCharges?: number;
} {
  const more = openCharges.length - mostShown;
  return more > 0 ? { openCharges: openCharges.slice(0, mostShown), moreOpenCharges: more } : { openCharges };
}
