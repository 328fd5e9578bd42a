import { hadNoEffect } from '../database/errors.ts';
import type { GuardedAccount, GuardedWriteResult } from '../lock-modes/index.ts';
import type { Account, OpenCharge } from './account.ts';
import type { Recovery } from './idempotency/recovery.ts';
import type { Outcome } from './outcome.ts';
import type { Processor, ProcessorCall } from './processor.ts';

/**
 * How one pass through read, decide, act and write ended.
 * `again`: the write was refused, or all refunds were; start over from the read.
 * `taken-over`: another execution of the request holds the claim now.
 */
export type PassResult = Outcome | Again | { outcome: 'taken-over' };

interface Again {
  readonly outcome: 'again';
  /** True if this pass did something that another pass must finish. */
  readonly begun: boolean;
  /** Set if this pass's charge is still open: repeat the pass, with the same processor keys. */
  readonly pass?: 'same';
  /** Why the write was refused, if that is known. */
  readonly why?: 'lease-lost';
}

export interface PassDeps {
  readonly processor: Processor;
  readonly userId: number;
  readonly call: Omit<ProcessorCall, 'key'>;
  readonly keys: ProcessorKeys;
  /** True if an earlier pass refunded something, so that this cancel must be finished. */
  readonly begun: boolean;
  readonly hasKey: boolean;
  /** @returns false if another execution of the request has taken over. */
  readonly holdsClaim: () => Promise<boolean>;
  /** @returns false once the time for new processor calls is over. */
  readonly mayGoOn: () => boolean;
  /**
   * Stores that the charge of this pass is to be taken back. Without it, an execution that takes over could give access
   * for the charge while this one refunds it.
   *
   * @returns false if another execution has taken over.
   */
  readonly endPass: () => Promise<boolean>;
  /** Present if an execution of the request may have acted already: in this pass, or for a cancel in any. */
  readonly recovery?: (Recovery & { readonly previous: ProcessorKeys | undefined }) | undefined;
}

/** The keys of a pass's calls to the processor. */
export interface ProcessorKeys {
  readonly charge: string;
  /** For the refund that takes the charge back. */
  readonly takeBack: string;
  /** The request's id, which all keys begin with. */
  readonly id: string;
  /** For a cancel's refund. The same in every pass: a charge is refunded once. */
  refund(chargeId: number): string;
}

/** @param id unique to the request: see {@link Attempt}. */
export function processorKeys(id: string, pass: number): ProcessorKeys {
  const charge = `${id}/pass-${pass}`;
  return { id, charge, takeBack: `${charge}/back`, refund: (chargeId) => `${id}/refund-${chargeId}` };
}

/** `begun`: something was done outside the database, and a failure from now on would leave it half done. */
export interface Progress {
  begun: boolean;
}

export async function charge(
  account: GuardedAccount,
  snapshot: Account,
  amount: number,
  deps: PassDeps,
  progress: Progress,
): Promise<PassResult> {
  const { processor, userId, call, keys } = deps;
  const own = await processor.charge(userId, amount, { ...call, key: keys.charge });
  progress.begun = true;
  // Another execution of the request, or an earlier try of this call, has charged it, and it was refunded since.
  if (own.refundedBy === keys.takeBack) return { outcome: 'again', begun: false };
  if (own.refundedBy !== undefined) return { outcome: 'stale-write' };
  return writePaid(account, snapshot, own, deps);
}

export async function writePaid(
  account: GuardedAccount,
  snapshot: Account,
  own: OpenCharge,
  deps: PassDeps,
): Promise<PassResult> {
  const result = await account.write({ paid: true, paidBy: own.id }, snapshot);
  if (result === 'written') return { outcome: 'answered', answer: 'paid' };
  // Another execution of the request may have given access for this very charge.
  if (deps.hasKey) return { outcome: 'again', begun: true, pass: 'same' };
  const taken = await takeBack(own, deps);
  return taken.outcome === 'again' ? { ...taken, ...whyAgain(result) } : taken;
}

/**
 * Takes the charge back, because no lock protects what was done outside the database. If it was refunded already, the payment
 * was made and cancelled in the meantime; charging again would be a second payment.
 */
export async function takeBack(own: OpenCharge, { processor, call, keys, endPass }: PassDeps): Promise<PassResult> {
  if (!(await endPass())) return { outcome: 'taken-over' };
  const result = await processor.refund(own.id, { ...call, key: keys.takeBack });
  return result === 'refunded' ? { outcome: 'again', begun: false } : { outcome: 'stale-write' };
}

/** Fewer than an instance's connections. Only a race leaves a user with more than one open charge. */
const refundsAtOnce = 10;

export async function refund(
  account: GuardedAccount,
  snapshot: Account,
  charges: Account['openCharges'],
  { processor, call, keys, mayGoOn }: PassDeps,
  progress: Progress,
): Promise<PassResult> {
  for (let from = 0; from < charges.length; from += refundsAtOnce) {
    if (from > 0 && !mayGoOn()) {
      const cause = new Error(`the time was over after ${from} of ${charges.length} refunds`);
      return progress.begun ? { outcome: 'unfinished', cause } : { outcome: 'again', begun: false };
    }
    const refunds = charges
      .slice(from, from + refundsAtOnce)
      .map(({ id }) => processor.refund(id, { ...call, key: keys.refund(id) }));
    const results = await Promise.allSettled(refunds); // none may be in progress when the guard ends
    if (results.some((result) => result.status === 'fulfilled' && result.value === 'refunded')) progress.begun = true;
    const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
    // One that may have taken effect says more than one that had none.
    if (failures.length > 0) throw failures.find((reason) => !hadNoEffect(reason)) ?? failures[0];
  }
  // A rival made all of these refunds first. The user was unpaid at the read, so clearing the flag could only overwrite
  // a newer payment.
  if (!progress.begun && !snapshot.paid) return { outcome: 'again', begun: false };
  return clear(account, snapshot, progress);
}

export async function clear(account: GuardedAccount, snapshot: Account, { begun }: Progress): Promise<PassResult> {
  const result = await account.write({ paid: false }, snapshot);
  if (result === 'written') return { outcome: 'answered', answer: 'cancelled' };
  return { outcome: 'again', begun, ...whyAgain(result) };
}

const whyAgain = (result: GuardedWriteResult) => (result === 'lease-lost' ? { why: result } : {});
