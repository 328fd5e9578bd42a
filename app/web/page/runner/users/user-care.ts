import { type ReadonlySignal, signal } from '@preact/signals';
import { describeRepair } from '../../narrative/lab/describe-repair.ts';
import { describeInconsistency } from '../../narrative/verdict.ts';
import { amount } from '../../state/settings.ts';
import type { RunnerDeps } from '../deps.ts';
import { makeUnpaid } from './make-unpaid.ts';
import { usersAtOnce } from './own-users.ts';

/** What a visitor can do for the users of this tab. */
export interface UserCare {
  /** What the last action did, in sentences. */
  readonly report: ReadonlySignal<readonly string[]>;
  /** Makes some more. Does nothing while that is in progress. */
  addFresh(): Promise<void>;
  /** Cancels the payments of the inconsistent users of this tab, which leaves them unpaid with nothing open. */
  repair(): Promise<void>;
}

export function createUserCare({ lab, activity }: Pick<RunnerDeps, 'lab' | 'activity'>): UserCare {
  const report = signal<readonly string[]>([]);
  let isAdding = false;
  return {
    report,
    async addFresh() {
      if (isAdding) return;
      isAdding = true;
      const added = await lab.own.add(usersAtOnce);
      await lab.refresh();
      report.value = [typeof added === 'string' ? added : `${added.length} fresh users were added.`];
      isAdding = false;
    },
    async repair() {
      const endActivity = activity.begin('repair');
      if (!endActivity) return;
      try {
        const found = await lab.own.read();
        const users = found.outcome === 'ok' ? found.body.users : [];
        const wrong = users.filter((user) => describeInconsistency(user.name, user, amount));
        const repaired = await Promise.all(wrong.map(makeUnpaid));
        await lab.refresh();
        report.value =
          found.outcome === 'ok'
            ? wrong.map((before, index) => describeRepair(before, repaired[index] ?? before))
            : ['The users could not be read. Try again.'];
      } finally {
        endActivity();
      }
    },
  };
}
