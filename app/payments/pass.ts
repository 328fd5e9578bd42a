import { isDatabaseUnreachable, isNeverSent } from '../database/errors.ts';
import type { GuardedAccount } from '../lock-modes/index.ts';
import { toError } from '../thrown.ts';
import type { Account } from './account.ts';
import { type Command, decide, decideToFinish } from './decide.ts';
import type { Outcome } from './outcome.ts';
import type { Processor, ProcessorCall } from './processor.ts';

/**
 * How one pass through read, decide, act and write ended.
 * `again`: the write was refused, or all refunds were; start over from the read.
 */
export type PassResult = Outcome | { outcome: 'again'; begun: boolean };

export interface PassDeps {
  readonly processor: Processor;
  readonly userId: number;
  readonly call: Omit<ProcessorCall, 'key'>;
  readonly keys: ProcessorKeys;
  /** True if an earlier pass refunded something, so that this cancel must be finished. */
  readonly begun: boolean;
}

/** The keys of a pass's calls to the processor. */
export interface ProcessorKeys {
  readonly charge: string;
  /** Of the refund that takes the charge back. */
  readonly takeBack: string;
  /** Of a cancel's refund. The same in every pass: a charge is refunded once. */
  refund(chargeId: number): string;
}

/** @param of what the keys are made from: unique to the request. */
export function processorKeys(of: string, pass: number): ProcessorKeys {
  const charge = `${of}/pass-${pass}`;
  return { charge, takeBack: `${charge}/back`, refund: (chargeId) => `${of}/refund-${chargeId}` };
}

/** Runs one pass on the guarded account. A failure after the first act results in `unfinished`; it is not thrown. */
export async function runPass(account: GuardedAccount, command: Command, deps: PassDeps): Promise<PassResult> {
  let snapshot: Account | undefined;
  try {
    snapshot = await account.read();
  } catch (error) {
    if (isDatabaseUnreachable(error)) return { outcome: 'unavailable', cause: error };
    throw error;
  }
  if (!snapshot) return { outcome: 'unknown-user' };

  const decision = deps.begun ? decideToFinish(snapshot, command) : decide(snapshot, command);
  const progress = { begun: false };
  try {
    switch (decision.act) {
      case 'none':
        return { outcome: 'answered', answer: decision.answer };
      case 'charge':
        return await charge(account, snapshot, decision.amount, deps, progress);
      case 'refund':
        return await refund(account, snapshot, decision.charges, deps, progress);
      case 'clear':
        progress.begun = deps.begun;
        return await clear(account, snapshot, progress);
    }
  } catch (error) {
    const cause = toError(error);
    if (progress.begun) return { outcome: 'unfinished', cause };
    if (isNeverSent(error)) return { outcome: 'unavailable', cause };
    if (isDatabaseUnreachable(error)) return { outcome: 'unfinished', cause }; // it may have taken effect
    throw error;
  }
}

/** `begun`: something was done outside the database, and a failure from now on would leave it half done. */
interface Progress {
  begun: boolean;
}

async function charge(
  account: GuardedAccount,
  snapshot: Account,
  amount: number,
  { processor, userId, call, keys }: PassDeps,
  progress: Progress,
): Promise<PassResult> {
  const own = await processor.charge(userId, amount, { ...call, key: keys.charge });
  progress.begun = true;
  if ((await account.write({ paid: true, paidBy: own.id }, snapshot)) === 'written')
    return { outcome: 'answered', answer: 'paid' };
  // No lock protects what was done outside the database: take the charge back. If it was refunded already, the payment
  // was made and cancelled in the meantime; charging again would be a second payment.
  const result = await processor.refund(own.id, { ...call, key: keys.takeBack });
  return result === 'refunded' ? { outcome: 'again', begun: false } : { outcome: 'stale-write' };
}

async function refund(
  account: GuardedAccount,
  snapshot: Account,
  charges: Account['openCharges'],
  { processor, call, keys }: PassDeps,
  progress: Progress,
): Promise<PassResult> {
  for (const { id } of charges) {
    if ((await processor.refund(id, { ...call, key: keys.refund(id) })) === 'refunded') progress.begun = true;
  }
  // A rival made all of these refunds first. The user was unpaid at the read, so clearing the flag could only overwrite
  // a newer payment.
  if (!progress.begun && !snapshot.paid) return { outcome: 'again', begun: false };
  return clear(account, snapshot, progress);
}

async function clear(account: GuardedAccount, snapshot: Account, { begun }: Progress): Promise<PassResult> {
  if ((await account.write({ paid: false }, snapshot)) === 'written')
    return { outcome: 'answered', answer: 'cancelled' };
  return { outcome: 'again', begun };
}
