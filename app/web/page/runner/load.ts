import { computed, type ReadonlySignal, signal } from '@preact/signals';
import type { LockModeName } from '../../../lock-modes/registry.ts';
import type { User } from '../../../payments/users.ts';
import { call, fetchUsersOf } from '../api/lab.ts';
import { describeInconsistency } from '../narrative/verdict.ts';
import { sleep } from '../sleep.ts';
import { seeded } from '../state/random.ts';
import { amount } from '../state/settings.ts';
import { countAnswer, countEvent, countSent, isWhole, nothingYet, type Tally } from '../state/tally.ts';
import type { RunnerDeps } from './deps.ts';
import { makeUnpaid } from './make-unpaid.ts';
import { untilTraced } from './traced.ts';

/** Bounds of the load, for the sake of the browser and a shared lab. */
export const loadSeconds = 5;
/** One request at a time on each. The browser's other two are for the trace and for whatever else the page asks. */
export const loadConnections = 4;
const loadUsers = 4;
const ledgerEveryMs = 500;

export interface LoadState {
  readonly mode: LockModeName;
  readonly seed: number;
  readonly users: readonly User[];
  readonly tally: Tally;
  readonly secondsLeft: number;
  /**
   * Users whose access and payments differ, each described; final only once the load is over. undefined if the users could
   * not be read the last time.
   */
  readonly inconsistent: readonly string[] | undefined;
  readonly isOver: boolean;
}

/** A small load, bounded in every way: pays and cancels for a few users, as fast as they are answered. */
export interface Load {
  readonly busy: ReadonlySignal<boolean>;
  readonly last: ReadonlySignal<LoadState | undefined>;
  /** Why it could not begin. */
  readonly refusal: ReadonlySignal<string | undefined>;
  /** Resolves when it is over. Does nothing while another activity is in progress. */
  run(mode: LockModeName, seed: number): Promise<void>;
}

export function createLoad({ session, lab, stream, activity }: RunnerDeps): Load {
  const busy = computed(() => activity.current.value === 'load');
  const last = signal<LoadState | undefined>();
  const refusal = signal<string | undefined>();
  let runs = 0;

  const count = (counted: (tally: Tally) => Tally) => {
    if (last.value) last.value = { ...last.value, tally: counted(last.value.tally) };
  };

  async function checkLedger(users: readonly User[]): Promise<void> {
    const found = await fetchUsersOf(users.map(({ id }) => id));
    const own = found.outcome === 'ok' ? found.body.users : [];
    const inconsistent = own.flatMap((user) => describeInconsistency(user.name, user, amount) ?? []);
    if (last.value)
      last.value = { ...last.value, inconsistent: own.length === users.length ? inconsistent : undefined };
  }

  async function run(mode: LockModeName, seed: number): Promise<void> {
    const chosen = await lab.own.choose({ count: loadUsers });
    refusal.value = typeof chosen === 'string' ? chosen : undefined;
    if (typeof chosen === 'string') return;
    const users = await Promise.all(chosen.map(makeUnpaid));
    runs += 1;
    const prefix = `load${runs}-${session}-`;
    last.value = { mode, seed, users, tally: nothingYet, secondsLeft: loadSeconds, inconsistent: [], isOver: false };
    await stream()?.opened(3000);
    stream()?.forgetGap();
    await lab.reserveConnections('nothing');
    const stop = stream()?.listen((event) => {
      if (event.requestId.startsWith(prefix)) count((tally) => countEvent(tally, event));
    });
    const endsAt = performance.now() + loadSeconds * 1000;
    const random = seeded(seed);
    let sent = 0;

    async function client(): Promise<void> {
      while (performance.now() < endsAt) {
        const user = users[random(users.length)] as User;
        const kind = random(2) === 0 ? 'pay' : 'cancel';
        sent += 1;
        count(countSent);
        const answer = await call({
          kind,
          userId: user.id,
          amount,
          mode,
          trace: session,
          requestId: `${prefix}${sent}`,
        });
        count((tally) => countAnswer(tally, answer));
        if (answer.outcome === 'unreachable') await sleep(500); // do not hammer an unreachable service
      }
    }
    async function watchLedger(): Promise<void> {
      while (performance.now() < endsAt) {
        await sleep(ledgerEveryMs);
        await checkLedger(users);
      }
    }
    const clock = setInterval(() => {
      const left = Math.max(0, Math.ceil((endsAt - performance.now()) / 1000));
      if (last.value && left !== last.value.secondsLeft) last.value = { ...last.value, secondsLeft: left };
    }, 200);
    try {
      await Promise.all([watchLedger(), ...Array.from({ length: loadConnections }, client)]);
      await untilTraced(stream(), () => last.value !== undefined && isWhole(last.value.tally));
      await checkLedger(users);
      if (last.value) last.value = { ...last.value, secondsLeft: 0, isOver: true };
      void lab.refresh();
    } finally {
      lab.resume();
      clearInterval(clock);
      stop?.();
    }
  }

  return {
    busy,
    last,
    refusal,
    async run(mode, seed) {
      const endActivity = busy.value ? undefined : activity.begin('load');
      if (!endActivity) return;
      try {
        await run(mode, seed);
      } finally {
        endActivity();
      }
    },
  };
}
