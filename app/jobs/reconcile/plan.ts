import type { Account, OpenCharge } from '../../payments/account.ts';

/** An open charge, as found in the ledger and in the record of the flag's writes. */
export interface LedgerCharge extends OpenCharge {
  /** The request that made the charge. */
  readonly requestId: string;
  readonly ageMs: number;
  /** The version that this request made by writing `paid` after the charge; absent if it did not. */
  readonly wroteVersion?: number;
  /**
   * Present if its request has an idempotency key and no answer yet: the request's id, the pass that made the charge, and
   * whether that pass has ended, so that the charge is to be taken back.
   */
  readonly keyed?: { readonly id: string; readonly pass: number; readonly hasEnded: boolean };
}

/** One user's flag and ledger at one moment. */
export interface UserState extends Account {
  readonly userId: number;
  readonly openCharges: readonly LedgerCharge[];
  /** Time since the last change of the ledger or the flag; Infinity if there was none. */
  readonly quietMs: number;
  /** Time since the last write of the flag; Infinity if there was none. */
  readonly flagAgeMs: number;
  /** The highest version that a write of the flag was decided on; -1 if there was none. */
  readonly newestRead: number;
  /** The amount of the last charge, open or not; 0 if there was none. */
  readonly lastAmount: number;
  /** The id of the request that refunded the charge that the flag was written for. */
  readonly canceller?: string;
}

/** The next step of a repair. `amount` says whose lock it needs. */
export type Step =
  /** Flag and ledger agree. */
  | { act: 'none' }
  /** They disagree, but the request that caused it may still be in progress. */
  | { act: 'wait' }
  /** Remove the access; `inPlaceOf`: the id of the request that refunded the charge that paid for it. */
  | { act: 'clear'; amount: number; inPlaceOf?: string; why: string }
  /** Restore the access that this charge has paid for. */
  | { act: 'restore'; amount: number; charge: LedgerCharge; why: string }
  /** Write the flag unchanged (unpaid), so that no write can still rely on a read before this charge. */
  | { act: 'bump-version'; amount: number; charge: LedgerCharge; why: string }
  | { act: 'refund'; amount: number; charge: LedgerCharge; why: string };

/**
 * Decides the next step for a user whose flag and ledger may disagree, on this state alone. Each later step is decided
 * anew. Every step is consistent with every answer that a client has received.
 *
 * Recent changes are left alone. A request in progress looks just like a dead one, and no lock tells them apart reliably: a
 * request whose write was refused holds no lock until its next pass, and one of another amount or mode holds another
 * lock, or none. So:
 * - A charge is judged once it is older than any request can be in progress ({@link longestRequestMs}). Its own request,
 *   the only one that can still write `paid` for it, has then ended.
 * - The flag is judged once nothing has happened to the user for that long. Any request in progress has then read this
 *   state, or has not read yet: one that read an older state has ended.
 *
 * @param afterMs that age, in milliseconds.
 */
export function planRepair(state: UserState, afterMs: number): Step {
  const { paid, openCharges } = state;
  // Even if another request wrote the flag: the user has access and has paid for it once.
  if (openCharges.length === (paid ? 1 : 0)) return { act: 'none' };
  if (openCharges.length === 0) return planAccessWithoutPaying(state, afterMs);
  return paid ? planChargedTwice(state, afterMs) : planChargedWithoutAccess(state, afterMs);
}

/**
 * A cancel refunded and could not finish: its client got `unfinished` or no answer, and this completes it. Or, without a
 * guard, a pay wrote `paid` after its charge was refunded: the clients got `paid` and `cancelled`, and charging the user
 * again without a request is not an option.
 */
function planAccessWithoutPaying({ quietMs, lastAmount, canceller }: UserState, afterMs: number): Step {
  if (quietMs <= afterMs) return { act: 'wait' };
  const inPlaceOf = canceller === undefined ? {} : { inPlaceOf: canceller };
  return { act: 'clear', amount: lastAmount, ...inPlaceOf, why: 'no open charge pays for it' };
}

/**
 * One access is paid for once. The charge that the flag was written for stays. The client of an extra charge got
 * `unfinished`, no answer, or, without a guard, `paid`, and the user still has access. Refunding an extra charge does not
 * write the flag, so it overwrites no update; a cancel that meets it finds its refund refused and goes on.
 *
 * If the flag's own charge was refunded, one of the others takes its place: the one recorded last, because its client got
 * `paid`, or else the oldest.
 */
function planChargedTwice({ paidBy, openCharges }: UserState, afterMs: number): Step {
  const [first, ...others] = openCharges;
  const lastRecorded = others.reduce(
    (last, charge) => ((charge.wroteVersion ?? -1) > (last?.wroteVersion ?? -1) ? charge : last),
    first,
  );
  const kept = paidBy ?? lastRecorded;
  const extra = openCharges.find((charge) => charge.id !== kept?.id && charge.ageMs > afterMs);
  if (!extra) return { act: 'wait' };
  return refund(extra, `charge ${kept?.id} already pays for the access`);
}

/**
 * If a charge's request never wrote `paid`, its client got `unfinished` or no answer, because `paid` is answered after
 * that write. Both outcomes are then possible. The refund is the harmless one: the request has not happened, and a client
 * that gave up may have paid elsewhere.
 *
 * If the request did write `paid`, its client may know. If no later write of the flag had read that version, a late cancel
 * overwrote the payment after refunding an earlier charge; in the order that agrees with both answers, the payment is
 * last. So the access is restored. If a later write had read it, another payment took its place and was cancelled: the
 * charge is an extra one.
 */
function planChargedWithoutAccess(state: UserState, afterMs: number): Step {
  const { openCharges, newestRead, quietMs, flagAgeMs } = state;
  const overwritten = openCharges
    .filter(({ keyed, wroteVersion = -1 }) => newestRead < wroteVersion && !keyed?.hasEnded)
    .sort((a, b) => (b.wroteVersion ?? 0) - (a.wroteVersion ?? 0))[0];
  if (overwritten) {
    if (quietMs <= afterMs) return { act: 'wait' };
    const why = `request ${overwritten.requestId} paid, and a late cancel overwrote it`;
    return { act: 'restore', amount: overwritten.amount, charge: overwritten, why };
  }
  const left = openCharges.find(({ ageMs }) => ageMs > afterMs);
  if (!left) return { act: 'wait' };
  const why =
    left.wroteVersion === undefined
      ? `request ${left.requestId} charged it and never gave access`
      : 'the access that it paid for was cancelled';
  // The client can still ask for the answer, and is to find a payment.
  if (left.keyed && !left.keyed.hasEnded)
    return { act: 'restore', amount: left.amount, charge: left, why: 'its key still waits for an answer' };
  // A process frozen between its charge and its write would still write `paid` when it resumes, if its guard checks
  // only the version. So make a new version, unless the flag was written after the charge.
  if (flagAgeMs >= left.ageMs) return { act: 'bump-version', amount: left.amount, charge: left, why };
  return refund(left, why);
}

function refund(charge: LedgerCharge, why: string): Step {
  return { act: 'refund', amount: charge.amount, charge, why };
}
