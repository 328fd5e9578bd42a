import type { Statements } from '../../database/statements.ts';
import { findInconsistentUsers, type InconsistentUser } from '../../payments/inconsistent-users.ts';
import { messageOf } from '../../thrown.ts';
import type { Job, JobContext } from '../job.ts';
import { detailOf } from '../runs/detail.ts';
import { describePlanned } from './describe-step.ts';
import { planRepair } from './plan.ts';
import { createRepairStore, type RepairDeps, repairUser } from './repair.ts';

export interface ReconcileOptions extends Omit<RepairDeps, 'store'>, Omit<Job, 'name' | 'run'> {
  readonly statements: Pick<Statements, 'select' | 'selectCurrent' | 'change'>;
  readonly reconcile: 'report' | 'repair';
  /** @returns true while a request of this user may be in progress, however old what it did is. Default: none is. */
  readonly isHeld?: ((userId: number) => Promise<boolean>) | undefined;
}

/** What came of one user; `text` says what is wrong and what was done or must be done. */
type Finding =
  /** The request that was in progress has ended. */
  | { status: 'consistent' }
  | { status: 'in progress' }
  | { status: 'to repair' | 'repaired' | 'postponed' | 'failed'; text: string };

/** After this many failures in a row, the services are down: try no further user. */
const mostFailures = 3;

/**
 * The job that completes what requests left half done: users whose flag and ledger disagree. A charge that its request
 * abandoned always shows as such a disagreement, unless the user has access and nothing else pays for it, which is
 * consistent.
 *
 * `report` only describes, without a lock, because it judges one snapshot. `repair` repairs: {@link repairUser} says why
 * that is safe beside payments and beside another run; it needs no fencing token. The log has everything that was done;
 * the detail has as much as fits.
 *
 * @throws from `run`, with the detail, if a user could not be examined. The others are, unless the services are down.
 */
export function createReconcileJob(options: ReconcileOptions): Job {
  const { reconcile, statements, processor, mode, lockKey, lockWaitMs, afterMs, isHeld, ...schedule } = options;
  const store = createRepairStore(statements);
  const deps: RepairDeps = { store, processor, mode, lockKey, lockWaitMs, afterMs };

  async function examine({ userId, wrong, what }: InconsistentUser, { signal, log }: JobContext): Promise<Finding> {
    if (await isHeld?.(userId)) return { status: 'in progress' };
    const state = await store.readState(userId);
    const step = state && planRepair(state, afterMs);
    if (!step || step.act === 'none') return { status: 'consistent' };
    if (step.act === 'wait') return { status: 'in progress' };
    log.warn({ userId, wrong, act: step.act, why: step.why }, `${what}: to repair`);
    if (reconcile === 'report') return { status: 'to repair', text: `${what}: ${describePlanned(step)}` };
    const { done, postponed } = await repairUser(userId, deps, { signal, log });
    if (postponed !== undefined)
      return { status: 'postponed', text: join(what, [...done, `postponed to the next run: ${postponed}`]) };
    return done.length === 0 ? { status: 'consistent' } : { status: 'repaired', text: join(what, done) };
  }

  return {
    ...schedule,
    name: 'reconcile',
    async run(context) {
      const findings: Finding[] = [];
      let failures = 0;
      for (const user of await findInconsistentUsers(statements, context.signal)) {
        context.signal.throwIfAborted();
        try {
          findings.push(await examine(user, context));
          failures = 0;
        } catch (error) {
          context.signal.throwIfAborted();
          context.log.error({ userId: user.userId, err: error }, `${user.what}: could not be examined`);
          findings.push({ status: 'failed', text: join(user.what, [messageOf(error)]) });
          if (++failures === mostFailures) break;
        }
      }
      const detail = detailOf([
        summary(findings),
        ...findings.flatMap((finding) => ('text' in finding ? [finding.text] : [])),
      ]);
      if (findings.some(({ status }) => status === 'failed')) throw new Error(detail);
      return detail;
    },
  };

  function summary(findings: readonly Finding[]): string {
    const counts = (['to repair', 'repaired', 'postponed', 'failed'] as const).map(
      (status) => [status, findings.filter((finding) => finding.status === status).length] as const,
    );
    const inconsistent = counts.reduce((sum, [, count]) => sum + count, 0);
    const inProgress = findings.filter(({ status }) => status === 'in progress').length;
    const each = counts.filter(([, count]) => count > 0).map(([status, count]) => `${count} ${status}`);
    const total = inconsistent === 0 ? 'all users are consistent' : `${inconsistent} inconsistent: ${each.join(', ')}`;
    return `${reconcile}: ${total}${inProgress > 0 ? `; ${inProgress} may be in progress` : ''}`;
  }
}

const join = (what: string, done: readonly string[]) => `${what}: ${done.join(', then ')}`;
