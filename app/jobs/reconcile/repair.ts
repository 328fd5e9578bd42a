import type { Logger } from 'pino';
import type { Statements } from '../../database/statements.ts';
import type { GuardedAccount, LockMode, WriteResult } from '../../lock-modes/index.ts';
import type { Processor } from '../../payments/processor.ts';
import { lockKeyFor } from '../../payments/service.ts';
import { planRepair, type Standing, type Step } from './plan.ts';
import { readStanding } from './user-state.ts';
import { tellDone } from './describe-step.ts';

export interface RepairDeps {
  readonly statements: Pick<Statements, 'select'>;
  readonly processor: Pick<Processor, 'refund'>;
  /** The payments' own guard: the default mode of the instance. */
  readonly mode: LockMode;
  /** What the payments' keys are made of. */
  readonly lockKey: 'payment' | 'user';
  /** How long to wait for each lock. */
  readonly lockWaitMs: number;
  /** How old something must be to be judged: see {@link planRepair}. */
  readonly afterMs: number;
}

/** What became of one user. */
export interface Repaired {
  /** What was done, in words. */
  readonly did: readonly string[];
  /** Why something is left to be done, if it is. */
  readonly left?: string;
}

/** A step that is done under a lock. */
type Act = Exclude<Step, { act: 'none' | 'wait' }>;

/** More than anybody needs who has not been charged dozens of times. The next run goes on. */
const mostTries = 100;

/**
 * Repairs one user, step by step, until flag and books agree. Each step is decided anew, on what is read under the lock
 * of the amount that it is about. That is one lock at a time, also for a user with charges of several amounts under
 * several keys, so that there is no order to keep and nobody to get into a deadlock with:
 * - A refund needs to know that the charge's own request is over, and that the flag is not about it. Only that request
 *   could change this, and it has the key of the same amount. What others do meanwhile to the flag and to other charges
 *   makes the refund no less right, and a charge is refunded once, whoever comes first.
 * - A write of the flag is carried out over the version that it was decided on alone, which no lock has to see to. So it
 *   destroys nobody's update where nothing guards (`none`, `memory` on another instance), where a request came by another
 *   key, and where two of these jobs run at once. The lock is there for those whose own writes look at nothing: they are
 *   not to write over this one, having read what was before it.
 *
 * @param signal nothing is done any more after it; what was begun by then is one refund or one write.
 * @throws when the lock service or the database does not answer.
 */
export async function repairUser(
  userId: number,
  deps: RepairDeps,
  { signal, log }: { signal: AbortSignal; log: Logger },
): Promise<Repaired> {
  const { statements, mode, lockKey, lockWaitMs, afterMs } = deps;
  const look = async () => {
    const standing = await readStanding(statements, userId);
    return standing && { standing, step: planRepair(standing, afterMs) };
  };
  const did: string[] = [];

  for (let tries = 0; tries < mostTries; tries++) {
    const seen = await look(); // to know whose lock it takes
    if (!seen || seen.step.act === 'none') return { did };
    const { step } = seen;
    if (step.act === 'wait') return { did, left: 'it may be under way' };
    const key = lockKeyFor(lockKey, userId, step.amount);
    const requestId = writerOf(step, seen.standing);
    const entry = await mode.guard({ key, userId, requestId, waitMs: lockWaitMs, signal }, async (account) => {
      const now = await look();
      signal.throwIfAborted();
      if (!now || !isSame(now.step, step)) return false; // somebody was at work: once more from the first look
      return carryOut(now.step, { standing: now.standing, account, processor: deps.processor });
    });
    if (entry.outcome === 'busy') return { did, left: 'its lock is held' };
    if (entry.outcome === 'unavailable') throw new Error('the lock service did not answer', { cause: entry.cause });
    signal.throwIfAborted();
    if (entry.outcome !== 'done' || !entry.value) continue;
    const { act, amount, why } = step;
    const charge = 'charge' in step && { chargeId: step.charge.id, chargedBy: step.charge.requestId };
    log.info({ userId, act, amount, ...charge, why, requestId }, `user ${userId}: ${tellDone(step)}`);
    if (step.act !== 'outdate') did.push(tellDone(step));
  }
  return { did, left: `it has changed in ${mostTries} looks` };
}

/**
 * In whose name the flag is written. An access that is given back is written in the name of the request that has paid for
 * it: to the payments, the charge that an access rests on is the one by the request that wrote it, and a cancel of another
 * amount is to leave it alone.
 */
function writerOf(step: Act, { userId, version }: Standing): string {
  return step.act === 'restore' ? step.charge.requestId : `reconcile-user-${userId}-v${version}`;
}

function isSame(now: Step, step: Act): now is Act {
  const aim = (of: Step) => ('charge' in of ? of.charge.id : undefined);
  return now.act === step.act && aim(now) === aim(step) && 'amount' in now && now.amount === step.amount;
}

interface Place {
  readonly standing: Standing;
  readonly account: GuardedAccount;
  readonly processor: Pick<Processor, 'refund'>;
}

/** @returns whether it was done; if not, somebody has come before. */
async function carryOut(step: Act, { standing, account, processor }: Place): Promise<boolean> {
  switch (step.act) {
    case 'clear':
      return isWritten(await account.write(false, standing, 'unchanged'));
    case 'restore':
      return isWritten(await account.write(true, standing, 'unchanged'));
    case 'outdate':
      return isWritten(await account.write(standing.paid, standing, 'unchanged'));
    case 'refund':
      // The same reference at every try: to a processor, it is one and the same refund.
      return (
        (await processor.refund(step.charge.id, { requestId: `reconcile-charge-${step.charge.id}` })) === 'refunded'
      );
  }
}

const isWritten = (result: WriteResult) => result === 'written';
