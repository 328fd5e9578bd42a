import { findInconsistentUsers, type InconsistentUser } from '../../payments/inconsistent-users.ts';
import { messageOf } from '../../thrown.ts';
import type { Job, JobContext } from '../job.ts';
import { detailOf } from '../runs/detail.ts';
import { planRepair } from './plan.ts';
import { type RepairDeps, repairUser } from './repair.ts';
import { readStanding } from './user-state.ts';
import { tellToDo } from './describe-step.ts';

export interface ReconcileOptions extends RepairDeps, Omit<Job, 'name' | 'run'> {
  readonly reconcile: 'report' | 'repair';
}

/** What became of one who looked wronged; `told` says what is wrong and what was done or is to be done about it. */
type Finding =
  /** It was under way, and has come to its end. */
  { is: 'right' } | { is: 'under way' } | { is: 'to be repaired' | 'repaired' | 'left' | 'failed'; told: string };

/** After so many failures in a row, nothing answers, and nobody else is tried. */
const mostFailures = 3;

/**
 * The job that finishes what a request has begun and could not finish: users whose flag and books disagree, and charges
 * that no request has finished. A charge that its request has left behind always shows as such a disagreement, unless the
 * user has access and nothing else pays for it, and then nobody is wronged.
 *
 * `report` only tells: without a lock, as what it judges by is of one moment, and nobody is kept waiting for it. `repair`
 * puts it right: see {@link repairUser} for why that is safe beside payments, and beside another such run; it needs no
 * fencing token. All that was done is in the log, and as much as fits in the detail.
 *
 * @throws from `run`, with the detail, when somebody could not be looked at. The others were, unless nothing answers.
 */
export function createReconcileJob(options: ReconcileOptions): Job {
  const { reconcile, statements, processor, mode, lockKey, lockWaitMs, afterMs, ...schedule } = options;
  const deps: RepairDeps = { statements, processor, mode, lockKey, lockWaitMs, afterMs };

  async function attend({ userId, wrong, what }: InconsistentUser, { signal, log }: JobContext): Promise<Finding> {
    const standing = await readStanding(statements, userId);
    const step = standing && planRepair(standing, afterMs);
    if (!step || step.act === 'none') return { is: 'right' };
    if (step.act === 'wait') return { is: 'under way' };
    log.warn({ userId, wrong, act: step.act, why: step.why }, `${what}: to be repaired`);
    if (reconcile === 'report') return { is: 'to be repaired', told: `${what}: ${tellToDo(step)}` };
    const { did, left } = await repairUser(userId, deps, { signal, log });
    if (left === undefined) return did.length === 0 ? { is: 'right' } : { is: 'repaired', told: tell(what, did) };
    return { is: 'left', told: tell(what, [...did, `left for the next run, as ${left}`]) };
  }

  return {
    ...schedule,
    name: 'reconcile',
    async run(context) {
      const findings: Finding[] = [];
      let failures = 0;
      for (const user of await findInconsistentUsers(statements)) {
        context.signal.throwIfAborted();
        try {
          findings.push(await attend(user, context));
          failures = 0;
        } catch (error) {
          context.signal.throwIfAborted();
          context.log.error({ userId: user.userId, err: error }, `${user.what}: this could not be looked into`);
          findings.push({ is: 'failed', told: tell(user.what, [messageOf(error)]) });
          if (++failures === mostFailures) break;
        }
      }
      const detail = detailOf([
        summary(findings),
        ...findings.flatMap((found) => ('told' in found ? [found.told] : [])),
      ]);
      if (findings.some(({ is }) => is === 'failed')) throw new Error(detail);
      return detail;
    },
  };

  function summary(findings: readonly Finding[]): string {
    const counts = (['to be repaired', 'repaired', 'left', 'failed'] as const).map(
      (is) => [is, findings.filter((found) => found.is === is).length] as const,
    );
    const wronged = counts.reduce((sum, [, count]) => sum + count, 0);
    const underWay = findings.filter(({ is }) => is === 'under way').length;
    const each = counts.filter(([, count]) => count > 0).map(([is, count]) => `${count} ${is}`);
    const some = wronged === 0 ? 'nobody is wronged' : `${wronged} wronged: ${each.join(', ')}`;
    return `${reconcile}: ${some}${underWay > 0 ? `; ${underWay} may be under way` : ''}`;
  }
}

const tell = (what: string, did: readonly string[]) => `${what}: ${did.join(', then ')}`;
