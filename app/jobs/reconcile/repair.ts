import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { Statements } from '../../database/statements.ts';
import type { GuardedAccount, LockMode } from '../../lock-modes/index.ts';
import type { Attempt } from '../../payments/account.ts';
import { processorKeys } from '../../payments/acts.ts';
import { claimDead, type RepairClaim } from '../../payments/idempotency/repair-claim.ts';
import type { Processor } from '../../payments/processor.ts';
import { lockKeyFor } from '../../payments/service.ts';
import { describeDone } from './describe-step.ts';
import { planRepair, type Step, type UserState } from './plan.ts';
import { readUserState } from './user-state.ts';

/** What a repair reads and claims. */
export interface RepairStore {
  /** @returns undefined if there is no such user. */
  readState(userId: number): Promise<UserState | undefined>;
  /** Claims the idempotency key of a request. @returns undefined while an execution of it is in progress. */
  claimDead(id: string): Promise<RepairClaim | undefined>;
}

export function createRepairStore(statements: Pick<Statements, 'select' | 'selectCurrent' | 'change'>): RepairStore {
  return {
    readState: (userId) => readUserState(statements, userId),
    claimDead: (id) => claimDead(statements, id),
  };
}

export interface RepairDeps {
  readonly store: RepairStore;
  readonly processor: Pick<Processor, 'refund'>;
  /** The guard of the payments: the instance's default mode. */
  readonly mode: LockMode;
  /** Scope of the payments' lock keys. */
  readonly lockKey: 'payment' | 'user';
  /** How long to wait for each lock, in milliseconds. */
  readonly lockWaitMs: number;
  /** Minimum age of what is judged, in milliseconds: see {@link planRepair}. */
  readonly afterMs: number;
}

export interface RepairResult {
  /** Descriptions of the completed steps. */
  readonly done: readonly string[];
  /** Why the rest is postponed; absent if nothing is left to do. */
  readonly postponed?: string;
}

/** A step that needs a lock. */
type Act = Exclude<Step, { act: 'none' | 'wait' }>;

/** Enough for dozens of charges. The next run goes on. */
const maxTries = 100;

/**
 * Repairs one user, step by step, until flag and ledger agree. Each step is decided anew, on what is read under the lock of
 * its amount. Only one lock is held at a time, even if charges of several amounts have several keys, so deadlock is
 * impossible:
 * - A refund requires that the charge's own request has ended, and that the flag does not stand for the charge. Only that
 *   request could change this, and it uses the key of the same amount. Other requests may change the flag and other charges
 *   without making the refund wrong, and a charge is refunded only once.
 * - A write of the flag succeeds only over the version that it was decided on, whatever the lock. So it overwrites no update
 *   without a guard (`none`, `memory` on another instance), beside a request with another key, or beside a second run of
 *   this job. The lock is for requests whose own writes check nothing: they must not overwrite this one after an earlier
 *   read.
 * - A request with a key can be retried at any time. So its charge is refunded, or access restored for it, under a claim of
 *   the key, which blocks its retries.
 *
 * @param signal once aborted, no step is begun; a step in progress is one refund or one write.
 * @throws if the lock service or the database does not answer.
 */
export async function repairUser(
  userId: number,
  deps: RepairDeps,
  { signal, log }: { signal: AbortSignal; log: Logger },
): Promise<RepairResult> {
  const { store, processor, mode, lockKey, lockWaitMs, afterMs } = deps;
  const plan = async () => {
    const state = await store.readState(userId);
    return state && { state, step: planRepair(state, afterMs) };
  };
  const done: string[] = [];

  for (let tries = 0; tries < maxTries; tries++) {
    const seen = await plan(); // to know which lock it needs
    if (!seen || seen.step.act === 'none') return { done };
    const { step } = seen;
    if (step.act === 'wait') return { done, postponed: 'it may be in progress' };
    const key = lockKeyFor(lockKey, userId, step.amount);
    const id = (step.act === 'clear' && step.inPlaceOf) || randomUUID();
    const attempt = { id, requestId: `reconcile-user-${userId}-v${seen.state.version}` };
    const entry = await mode.guard({ key, userId, attempt, waitMs: lockWaitMs, signal }, async (account) => {
      const now = await plan();
      signal.throwIfAborted();
      if (!now || !isSame(now.step, step)) return false; // changed in the meantime: plan again
      const isStillPlanned = async () => {
        const again = await plan();
        return again !== undefined && isSame(again.step, step);
      };
      return apply(now.step, { state: now.state, account, processor, store, attempt, isStillPlanned });
    });
    if (entry.outcome === 'busy') return { done, postponed: 'its lock is held' };
    if (entry.outcome === 'unavailable') throw new Error('the lock service did not answer', { cause: entry.cause });
    signal.throwIfAborted();
    if (entry.outcome === 'done' && entry.value === 'in progress')
      return { done, postponed: 'a request with its key is in progress' };
    if (entry.outcome !== 'done' || !entry.value) continue;
    const { act, amount, why } = step;
    const charge = 'charge' in step && { chargeId: step.charge.id, chargedBy: step.charge.requestId };
    log.info(
      { userId, act, amount, ...charge, why, requestId: attempt.requestId },
      `user ${userId}: ${describeDone(step)}`,
    );
    if (step.act !== 'bump-version') done.push(describeDone(step));
  }
  return { done, postponed: `it changed ${maxTries} times` };
}

function isSame(now: Step, step: Act): now is Act {
  const chargeId = (of: Step) => ('charge' in of ? of.charge.id : undefined);
  return now.act === step.act && chargeId(now) === chargeId(step) && 'amount' in now && now.amount === step.amount;
}

interface StepContext {
  readonly state: UserState;
  readonly account: GuardedAccount;
  readonly processor: Pick<Processor, 'refund'>;
  readonly store: RepairStore;
  readonly attempt: Attempt;
  readonly isStillPlanned: () => Promise<boolean>;
}

/** @returns false if a rival came first; `in progress` if a retry of the charge's request is. */
async function apply(step: Act, context: StepContext): Promise<boolean | 'in progress'> {
  const { state, account, store, isStillPlanned } = context;
  if (step.act === 'clear' || step.act === 'bump-version')
    return (await account.write({ paid: false }, state, 'unchanged')) === 'written';
  const { keyed } = step.charge;
  if (!keyed) return repairCharge(step, context);
  const claim = await store.claimDead(keyed.id);
  if (!claim) return 'in progress';
  try {
    if (!(await isStillPlanned())) return false; // a retry has acted before the claim
    if (step.act === 'refund' && !(await claim.endPass(keyed.pass))) return 'in progress';
    return await repairCharge(step, context);
  } finally {
    await claim.release();
  }
}

async function repairCharge(
  { act, charge: { id, keyed } }: Extract<Act, { act: 'restore' | 'refund' }>,
  { state, account, processor, attempt }: StepContext,
): Promise<boolean> {
  if (act === 'restore') return (await account.write({ paid: true, paidBy: id }, state, 'unchanged')) === 'written';
  const key = keyed ? processorKeys(keyed.id, keyed.pass).takeBack : `${attempt.id}/refund-${id}`;
  return (await processor.refund(id, { attempt, key })) === 'refunded';
}
