import { batch, computed, type ReadonlySignal, signal } from '@preact/signals';
import type { LockModeName } from '../../../lock-modes/registry.ts';
import type { User } from '../../../payments/users.ts';
import { call, fetchUser } from '../api/lab.ts';
import { sleep } from '../sleep.ts';
import { fitAtOnce, type PlannedCall, planCalls } from '../state/plan.ts';
import type { MadeCall, Run } from '../state/run.ts';
import type { Settings } from '../state/settings.ts';
import { isEnded } from '../state/traced.ts';
import type { Played } from './browser/played-runs.ts';
import type { RunnerDeps } from './deps.ts';
import { untilTraced } from './traced.ts';
import { makeUnpaid } from './users/make-unpaid.ts';

/** Runs one scenario, or two modes side by side; or shows runs that are over. */
export interface Stage {
  readonly settings: ReadonlySignal<Settings | undefined>;
  readonly runs: ReadonlySignal<readonly Run[]>;
  readonly busy: ReadonlySignal<boolean>;
  /** Why a run could not begin. */
  readonly refusal: ReadonlySignal<string | undefined>;
  /**
   * Resolves when the run is over. Does nothing while another activity is in progress.
   *
   * @param before runs of the first modes that are over; only the other modes run.
   */
  run(settings: Settings, before?: readonly Run[]): Promise<void>;
  /** Shows runs that are over, or nothing. */
  show(played: Played | undefined): void;
}

export function createStage({ session, lab, stream, activity }: RunnerDeps): Stage {
  const settings = signal<Settings | undefined>();
  const runs = signal<readonly Run[]>([]);
  const busy = computed(() => activity.current.value === 'stage');
  const refusal = signal<string | undefined>();
  let count = 0;
  let stopListening: (() => void) | undefined;

  function change(index: number, changed: (run: Run) => Run): void {
    runs.value = runs.value.map((run, at) => (at === index ? changed(run) : run));
  }

  function changeCall(index: number, name: string, changed: Partial<MadeCall>): void {
    change(index, (run) => ({
      ...run,
      calls: run.calls.map((made) => (made.name === name ? { ...made, ...changed } : made)),
    }));
  }

  /** For as long as the runs are shown: late events, as after a reconnect, belong to them too. */
  function listenForRuns(): void {
    stopListening?.();
    stopListening = stream()?.listen((event) => {
      const index = runs.value.findIndex(({ calls }) => calls.some(({ requestId }) => requestId === event.requestId));
      if (index >= 0) change(index, (run) => ({ ...run, events: [...run.events, event] }));
    });
  }

  async function runOne(index: number, planned: readonly PlannedCall[]): Promise<void> {
    const { user, mode, calls } = runs.value[index] as Run;
    const before = planned.length > 1 ? await makeUnpaid(user) : user;
    change(index, (run) => ({ ...run, user: before, state: 'running' }));
    const beganAt = performance.now();
    await Promise.all(
      calls.map(async ({ name, requestId, kind, amount: asked, gatewayMs, afterMs }) => {
        await sleep(afterMs);
        changeCall(index, name, { sentMs: performance.now() - beganAt });
        const chosen = { requestId, mode, gatewayMs, trace: session };
        changeCall(index, name, { answer: await call({ kind, userId: user.id, amount: asked, ...chosen }) });
      }),
    );
    await untilTraced(stream(), () => isEnded(runs.value[index] as Run));
    const after = await fetchUser(user.id);
    change(index, (run) => ({ ...run, state: 'done', ...(after.outcome === 'ok' && { after: after.body }) }));
  }

  function show(played: Played | undefined): void {
    batch(() => {
      settings.value = played?.settings;
      runs.value = played?.runs ?? [];
      refusal.value = undefined;
    });
  }

  return {
    settings,
    runs,
    busy,
    refusal,
    show,
    async run(wanted, before = []) {
      const endActivity = busy.value ? undefined : activity.begin('stage');
      if (!endActivity) return;
      refusal.value = undefined;
      let stopWatching = () => {};
      try {
        const modes = wanted.modes.slice(before.length);
        const userId = before.length > 0 ? undefined : wanted.userId;
        const users = await lab.own.choose({ count: modes.length, userId });
        if (typeof users === 'string') {
          show(undefined);
          refusal.value = users;
          return;
        }
        count += 1;
        const planned = planCalls(wanted);
        settings.value = wanted;
        runs.value = [...before, ...modes.map((mode, index) => newRun(mode, users[index] as User, planned))];
        stopWatching = lab.watchLocksOf(users.map(({ id }) => id));
        await stream()?.ready();
        listenForRuns();
        await lab.reserveConnections(planned.length > 2 ? 'nothing' : 'locks');
        const starts = modes.map((_, index) => () => runOne(before.length + index, planned));
        if (fitAtOnce(planned, modes.length)) await Promise.all(starts.map((start) => start()));
        else for (const start of starts) await start();
      } finally {
        stopWatching();
        lab.resume();
        endActivity();
        void lab.refresh();
      }
    },
  };

  function newRun(mode: LockModeName, user: User, planned: readonly PlannedCall[]): Run {
    const calls = planned.map((one) => ({ ...one, requestId: `${one.kind}-${one.name}${count}-${mode}-${session}` }));
    return { mode, user, calls, events: [], state: 'preparing' };
  }
}
