import type { Account, OpenCharge } from '../../payments/account.ts';

/** An open charge, with what the books and the record of the flag's writes tell of it. */
export interface BookedCharge extends OpenCharge {
  /** Who has charged it. */
  readonly requestId: string;
  readonly ageMs: number;
  /** The version that this request made when it wrote `paid` for it; absent when it never did. */
  readonly wrote?: number;
}

/** One user's flag and books as they stood at one moment. */
export interface Standing extends Account {
  readonly userId: number;
  readonly openCharges: readonly BookedCharge[];
  /** For how long nothing has happened, neither in the books nor to the flag; Infinity when nothing ever has. */
  readonly quietMs: number;
  /** For how long the flag has not been written; Infinity when it never was. */
  readonly flagAgeMs: number;
  /** The highest version that any write of the flag was decided on, or -1. */
  readonly newestRead: number;
  /** Of the last charge, open or not: what the user last paid by. 0 when there never was one. */
  readonly lastAmount: number;
}

/** The next thing to be done about a user. With all but the first two, `amount` says whose lock it is to be done under. */
export type Step =
  /** Flag and books agree. */
  | { act: 'none' }
  /** They do not, and whoever has brought that about may still be at work. */
  | { act: 'wait' }
  /** Take the access away. */
  | { act: 'clear'; amount: number; why: string }
  /** Give the access back that this charge has paid for. */
  | { act: 'restore'; amount: number; charge: BookedCharge; why: string }
  /** Write the flag as it is, so that nobody's write can still rely on what was read before this charge was made. */
  | { act: 'outdate'; amount: number; charge: BookedCharge; why: string }
  | { act: 'refund'; amount: number; charge: BookedCharge; why: string };

/**
 * Decides what is right for a user whose flag and books may disagree, on what is known of them and nothing else: one step
 * at a time, each to be decided anew. Whatever it says agrees with what every client was told.
 *
 * What is young is left alone. A request that is under way looks just like one that has died, and no lock tells them
 * apart for good: one whose write was refused holds none while it waits for its next pass, a request of another amount or
 * in another mode has another lock, or none. So:
 * - A charge is judged when it is older than any request can be under way ({@link longestRequestMs}): its own request,
 *   the only one that can still write `paid` for it, is over then.
 * - The flag is judged when nothing has happened to the user for as long as that. Whoever is under way then has read what
 *   is read here, or has not read yet: one that had read something older has been silent for longer than it can be.
 *
 * @param afterMs how long that is.
 */
export function planRepair(standing: Standing, afterMs: number): Step {
  const { paid, openCharges } = standing;
  // Also where the charge is not that of the request which wrote the flag: the user has access, and has paid for it once.
  if (openCharges.length === (paid ? 1 : 0)) return { act: 'none' };
  if (openCharges.length === 0) return planAccessWithoutPaying(standing, afterMs);
  return paid ? planChargedTwice(standing, afterMs) : planChargedWithoutAccess(standing, afterMs);
}

/**
 * A cancel has refunded and could not finish: it was answered `unfinished` or nothing, and this is how it would have
 * ended. Or, where nothing guards, a pay wrote `paid` after its charge had been refunded: it was told `paid`, the cancel
 * `cancelled`, and nobody may charge the user again without being asked to.
 */
function planAccessWithoutPaying({ quietMs, lastAmount }: Standing, afterMs: number): Step {
  if (quietMs <= afterMs) return { act: 'wait' };
  return { act: 'clear', amount: lastAmount, why: 'nothing is paid for it any more' };
}

/**
 * One access is to be paid for once. The charge that the flag was written for stays; another one's request was told
 * `unfinished`, or nothing, or, where nothing guards, `paid` as well, which the user still has. To refund an extra charge
 * is no write of the flag and can spoil nobody's: a cancel that meets it is refused the refund, and goes on.
 *
 * Where the flag's own charge was refunded, one of the others has taken its place: the one that was recorded last, as its
 * request was told so, or else the first one made.
 */
function planChargedTwice({ paidBy, openCharges }: Standing, afterMs: number): Step {
  const [first, ...others] = openCharges;
  const lastRecorded = others.reduce(
    (last, charge) => ((charge.wrote ?? -1) > (last?.wrote ?? -1) ? charge : last),
    first,
  );
  const kept = paidBy ?? lastRecorded;
  const extra = openCharges.find((charge) => charge.id !== kept?.id && charge.ageMs > afterMs);
  if (!extra) return { act: 'wait' };
  return refund(extra, `the access is paid for by charge ${kept?.id}`);
}

/**
 * A charge whose request never wrote `paid` was answered `unfinished` or nothing, for `paid` is answered when that is
 * written. Its client knows nothing, so both would do, and the refund is the one that takes nothing away: with it, the
 * request has not happened, and a client that is given access may have given up and paid elsewhere.
 *
 * One whose request did write `paid` may have been told so. If whoever has written `free` since had not read that, it was
 * a cancel that came late: it refunded an earlier charge, its write destroyed the payment, and the order that agrees with
 * both answers has the payment last. Then the access is given back. If somebody had read it, and this charge is open in
 * spite of the `free` that followed, another payment had taken its place and was cancelled: it is an extra charge.
 */
function planChargedWithoutAccess(standing: Standing, afterMs: number): Step {
  const { openCharges, newestRead, quietMs, flagAgeMs } = standing;
  const destroyed = openCharges
    .filter(({ wrote }) => wrote !== undefined && newestRead < wrote)
    .sort((a, b) => (b.wrote ?? 0) - (a.wrote ?? 0))[0];
  if (destroyed) {
    if (quietMs <= afterMs) return { act: 'wait' };
    const why = `request ${destroyed.requestId} has paid, and a cancel that had not read so wrote over it`;
    return { act: 'restore', amount: destroyed.amount, charge: destroyed, why };
  }
  const left = openCharges.find(({ ageMs }) => ageMs > afterMs);
  if (!left) return { act: 'wait' };
  const why =
    left.wrote === undefined
      ? `request ${left.requestId} has charged it and never given access for it`
      : 'the access that it paid for was cancelled';
  // A process that was frozen with the charge made and `paid` not yet written would write it when it thaws, if all that
  // its guard looks at is the version: it must find another one. What was written since the charge has done that already.
  if (flagAgeMs >= left.ageMs) return { act: 'outdate', amount: left.amount, charge: left, why };
  return refund(left, why);
}

function refund(charge: BookedCharge, why: string): Step {
  return { act: 'refund', amount: charge.amount, charge, why };
}
