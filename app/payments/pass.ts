import { hadNoEffect, isDatabaseUnreachable } from '../database/errors.ts';
import type { GuardedAccount } from '../lock-modes/index.ts';
import { toError } from '../thrown.ts';
import type { Account, OpenCharge } from './account.ts';
import {
  charge,
  clear,
  type PassDeps,
  type PassResult,
  type ProcessorKeys,
  type Progress,
  refund,
  takeBack,
  writePaid,
} from './acts.ts';
import { type Command, decide, decideToFinish } from './decide.ts';
import type { Recovery } from './idempotency/recovery.ts';

/** Runs one pass on the guarded account. A failure after the first act results in `unfinished`; it is not thrown. */
export async function runPass(account: GuardedAccount, command: Command, deps: PassDeps): Promise<PassResult> {
  let snapshot: Account | undefined;
  try {
    snapshot = await account.read();
    // After the read: an execution that takes over from now on changes what this one has read, or finds what it does.
    if (!(await deps.holdsClaim())) return { outcome: 'taken-over' };
  } catch (error) {
    if (isDatabaseUnreachable(error)) return { outcome: 'unavailable', cause: error };
    throw error;
  }
  if (!snapshot) return { outcome: 'unknown-user' };

  const progress = { begun: false };
  try {
    const found =
      deps.recovery && (await recover(account, snapshot, command, { ...deps, recovery: deps.recovery }, progress));
    if (found && 'outcome' in found) return found;
    const begun = command.kind === 'cancel' && (deps.begun || found !== undefined);
    const decision = begun ? decideToFinish(found ?? snapshot, command) : decide(snapshot, command);
    switch (decision.act) {
      case 'none':
        return { outcome: 'answered', answer: decision.answer };
      case 'charge':
        return await charge(account, snapshot, decision.amount, deps, progress);
      case 'refund':
        return await refund(account, snapshot, decision.charges, deps, progress);
      case 'clear':
        progress.begun = begun;
        return await clear(account, snapshot, progress);
    }
  } catch (error) {
    const cause = toError(error);
    if (progress.begun) return { outcome: 'unfinished', cause };
    if (hadNoEffect(error)) return { outcome: 'unavailable', cause };
    if (isDatabaseUnreachable(error)) return { outcome: 'unfinished', cause }; // it may have taken effect
    throw error;
  }
}

/**
 * Continues from what an earlier execution or pass has done.
 *
 * @returns the pass's result; `begun` if a cancel must be finished; undefined if nothing was done.
 */
async function recover(
  account: GuardedAccount,
  snapshot: Account,
  command: Command,
  deps: PassDeps & { readonly recovery: NonNullable<PassDeps['recovery']> },
  progress: Progress,
): Promise<PassResult | Account | undefined> {
  const { recovery, keys, userId, processor, call } = deps;
  if (command.kind === 'cancel') {
    const { hasRefunded, hasCleared, isSuperseded, laterCharges } = await recovery.findCancel(userId, keys.id);
    if (hasCleared) return { outcome: 'answered', answer: isSuperseded ? 'nothing_to_cancel' : 'cancelled' };
    if (!hasRefunded) return undefined;
    progress.begun = true;
    // What was paid since its refund is another payment, and not what the client cancels.
    const isLater = ({ id }: OpenCharge) => laterCharges.includes(id);
    const openCharges = snapshot.openCharges.filter((charge) => !isLater(charge));
    if (snapshot.paidBy && isLater(snapshot.paidBy)) return { outcome: 'answered', answer: 'nothing_to_cancel' };
    const hasMore = openCharges.some((charge) => charge.amount === command.amount);
    if (snapshot.paid || hasMore) return { ...snapshot, openCharges };
    // The pay that it refunded may be about to write access: a new version has that write refused.
    const cleared = await clear(account, snapshot, progress);
    return cleared.outcome === 'answered' && isSuperseded ? { ...cleared, answer: 'nothing_to_cancel' } : cleared;
  }
  const ended = recovery.previous && (await takeBackAgain(recovery.previous, snapshot, deps, progress));
  if (ended) return ended;
  // A charge that an earlier execution has given up may still arrive. Made here, with the same key, it is the same charge, and
  // can be taken back.
  const own =
    (await recovery.findCharge(keys.charge)) ??
    (snapshot.paid ? await processor.charge(userId, command.amount, { ...call, key: keys.charge }) : undefined);
  if (!own) return undefined;
  if (own.refundedBy === keys.takeBack) return { outcome: 'again', begun: false };
  if (own.refundedBy !== undefined) return { outcome: 'stale-write' };
  progress.begun = true;
  if (!snapshot.paid) return writePaid(account, snapshot, own, deps);
  if (snapshot.paidBy?.id === own.id) return { outcome: 'answered', answer: 'paid' };
  const taken = await takeBack(own, deps);
  return taken.outcome === 'again' ? { outcome: 'answered', answer: 'already_paid' } : taken;
}

/**
 * Takes back the previous pass's charge, if the execution that ended that pass died before it did so. A charge that pays for
 * the access stays.
 *
 * @returns undefined if the charge was taken back, or never made.
 */
async function takeBackAgain(
  keys: ProcessorKeys,
  { paidBy }: Account,
  { recovery, processor, call }: PassDeps & { readonly recovery: Recovery },
  progress: Progress,
): Promise<PassResult | undefined> {
  const charge = await recovery.findCharge(keys.charge);
  if (!charge || charge.refundedBy === keys.takeBack) return undefined;
  if (charge.refundedBy !== undefined) return { outcome: 'stale-write' };
  if (charge.id === paidBy?.id) return { outcome: 'answered', answer: 'paid' };
  progress.begun = true;
  const result = await processor.refund(charge.id, { ...call, key: keys.takeBack });
  progress.begun = false;
  return result === 'refunded' ? undefined : { outcome: 'stale-write' };
}
