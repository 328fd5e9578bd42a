import { isDatabaseUnreachable, isNeverSent } from '../database/errors.ts';
import type { GuardedAccount } from '../lock-modes/index.ts';
import { toError } from '../thrown.ts';
import type { Account } from './account.ts';
import { type Command, decide, decideToFinish } from './decide.ts';
import type { Gateway, GatewayCall } from './processor.ts';
import type { Outcome } from './outcome.ts';

/**
 * One pass through read, decide, act and write.
 * `again`: the write was refused, or every refund was; start over from the read. `begun` says whether something has
 * been done that only a later pass can finish.
 */
export type Pass = Outcome | { outcome: 'again'; begun: boolean };

export interface AttemptDeps {
  readonly gateway: Gateway;
  readonly userId: number;
  readonly call: GatewayCall;
  /** Whether an earlier pass has done what only a later one can finish: a cancel, refunds. */
  readonly begun: boolean;
}

/** Makes one pass on the guarded account. Whatever fails after the first act is `unfinished`, not thrown. */
export async function attempt(account: GuardedAccount, command: Command, deps: AttemptDeps): Promise<Pass> {
  let basis: Account | undefined;
  try {
    basis = await account.read();
  } catch (error) {
    if (isDatabaseUnreachable(error)) return { outcome: 'unavailable', cause: error };
    throw error;
  }
  if (!basis) return { outcome: 'unknown-user' };

  const decision = deps.begun ? decideToFinish(basis, command) : decide(basis, command);
  const progress = { begun: false };
  try {
    switch (decision.act) {
      case 'none':
        return { outcome: 'answered', answer: decision.answer };
      case 'charge':
        return await charge(account, basis, decision.amount, deps, progress);
      case 'refund':
        return await refund(account, basis, decision.charges, deps, progress);
      case 'clear':
        progress.begun = deps.begun;
        return await clear(account, basis, progress);
    }
  } catch (error) {
    const cause = toError(error);
    if (progress.begun) return { outcome: 'unfinished', cause };
    if (isNeverSent(error)) return { outcome: 'unavailable', cause };
    if (isDatabaseUnreachable(error)) return { outcome: 'unfinished', cause }; // it may have taken effect all the same
    throw error;
  }
}

/** Set as soon as something is done outside the database that a failure from then on would leave half done. */
interface Progress {
  begun: boolean;
}

async function charge(
  account: GuardedAccount,
  basis: Account,
  amount: number,
  { gateway, userId, call }: AttemptDeps,
  progress: Progress,
): Promise<Pass> {
  const own = await gateway.charge(userId, amount, call);
  progress.begun = true;
  if ((await account.write(true, basis)) === 'written') return { outcome: 'answered', answer: 'paid' };
  // No lock protects what was done outside the database: take the charge back. If somebody has refunded it already, the
  // payment was made and cancelled meanwhile, and to charge once more would be a second payment.
  const taken = await gateway.refund(own.id, call);
  return taken === 'refunded' ? { outcome: 'again', begun: false } : { outcome: 'stale-write' };
}

async function refund(
  account: GuardedAccount,
  basis: Account,
  charges: Account['openCharges'],
  { gateway, call }: AttemptDeps,
  progress: Progress,
): Promise<Pass> {
  for (const { id } of charges) {
    if ((await gateway.refund(id, call)) === 'refunded') progress.begun = true;
  }
  // A rival has cancelled all of it first. To write `free` over a user who was free at the read would be no more than
  // to wipe out a payment that came in between.
  if (!progress.begun && !basis.paid) return { outcome: 'again', begun: false };
  return clear(account, basis, progress);
}

async function clear(account: GuardedAccount, basis: Account, { begun }: Progress): Promise<Pass> {
  if ((await account.write(false, basis)) === 'written') return { outcome: 'answered', answer: 'cancelled' };
  return { outcome: 'again', begun };
}
