import { computed, type ReadonlySignal, signal } from '@preact/signals';
import type { LockModeName } from '../../../../lock-modes/registry.ts';
import type { User } from '../../../../payments/users.ts';
import { call, fetchUsersOf } from '../../api/lab.ts';
import { describeInconsistency } from '../../narrative/verdict.ts';
import { sleep } from '../../sleep.ts';
import { keepFigures, type LoadFigures, measure, readFigures } from '../../state/load/figures.ts';
import { loadConnections, loadSeconds, loadUsers } from '../../state/load/limits.ts';
import { type LoadRecord, nothingRecorded } from '../../state/load/record.ts';
import { seeded } from '../../state/random.ts';
import { amount } from '../../state/settings.ts';
import { countAnswer, countEvent, countSent, isWhole, nothingYet, type Tally } from '../../state/tally.ts';
import { type BrowserValue, keepInBrowser } from '../browser/browser-storage.ts';
import type { RunnerDeps } from '../deps.ts';
import { untilTraced } from '../traced.ts';
import { makeUnpaid } from '../users/make-unpaid.ts';
import { createLoadRecorder } from './load-recorder.ts';

const ledgerEveryMs = 500;
const recordEveryMs = 200;

export interface LoadState {
  readonly mode: LockModeName;
  readonly seed: number;
  readonly users: readonly User[];
  readonly tally: Tally;
  /** Renewed a few times a second. */
  readonly record: LoadRecord;
  readonly secondsLeft: number;
  /**
   * Users whose access and payments differ, each described; final only once the load is over. undefined if the users could
   * not be read the last time.
   */
  readonly inconsistent: readonly string[] | undefined;
  readonly isOver: boolean;
  /** True if it was stopped before its time: its figures are not kept. */
  readonly isStopped: boolean;
}

/** A small load, bounded in every way: pays and cancels for a few users, as fast as they are answered. */
export interface Load {
  readonly busy: ReadonlySignal<boolean>;
  readonly last: ReadonlySignal<LoadState | undefined>;
  /** Why it could not begin. */
  readonly refusal: ReadonlySignal<string | undefined>;
  /** The last finished load of each mode since the page was opened. */
  readonly finished: ReadonlySignal<ReadonlyMap<LockModeName, LoadState>>;
  /** The figures of this and earlier visits: see {@link keepFigures}. */
  readonly history: BrowserValue<readonly LoadFigures[]>;
  /** Which of how many loads is running; undefined without one, or if it is the only one. */
  readonly turn: ReadonlySignal<{ readonly number: number; readonly of: number } | undefined>;
  /** Resolves when it is over. Does nothing while another activity is in progress. */
  run(mode: LockModeName, seed: number): Promise<void>;
  /** The same load in each mode, one after the other. */
  runAll(modes: readonly LockModeName[], seed: number): Promise<void>;
  /** Sends no more requests. {@link run} then resolves as soon as the last ones are answered. */
  stop(): void;
}

export function createLoad({ session, lab, stream, activity }: RunnerDeps): Load {
  const busy = computed(() => activity.current.value === 'load');
  const last = signal<LoadState | undefined>();
  const refusal = signal<string | undefined>();
  const finished = signal<ReadonlyMap<LockModeName, LoadState>>(new Map());
  const turn = signal<{ number: number; of: number } | undefined>();
  const history = keepInBrowser('loads', readFigures);
  let runs = 0;
  let isStopped = false;

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

  function end(record: LoadRecord): void {
    if (!last.value) return;
    const over: LoadState = { ...last.value, record, secondsLeft: 0, isOver: true, isStopped };
    last.value = over;
    finished.value = new Map(finished.value).set(over.mode, over);
    const { mode, tally, inconsistent } = over;
    const measured = measure(record.requests);
    if (isStopped || measured.requests === 0) return;
    const witnessed = {
      lostUpdates: tally.staleWrites,
      isWhole: isWhole(tally),
      inconsistent: inconsistent?.length ?? null,
    };
    history.change((kept) => keepFigures(kept, { mode, endedAtMs: Date.now(), ...measured, ...witnessed }));
  }

  async function run(mode: LockModeName, seed: number): Promise<void> {
    const chosen = await lab.own.choose({ count: loadUsers });
    refusal.value = typeof chosen === 'string' ? chosen : undefined;
    if (typeof chosen === 'string') return;
    const users = await Promise.all(chosen.map(makeUnpaid));
    runs += 1;
    const prefix = `load${runs}-${session}-`;
    const nothing = { tally: nothingYet, record: nothingRecorded, inconsistent: [] };
    last.value = { mode, seed, users, ...nothing, secondsLeft: loadSeconds, isOver: false, isStopped: false };
    const recorder = createLoadRecorder();
    await stream()?.ready();
    await lab.reserveConnections('nothing');
    const stop = stream()?.listen((event) => {
      if (!event.requestId.startsWith(prefix)) return;
      recorder.event(event);
      count((tally) => countEvent(tally, event));
    });
    const beganAt = performance.now();
    const endsAt = beganAt + loadSeconds * 1000;
    const isInProgress = () => !isStopped && performance.now() < endsAt;
    const random = seeded(seed);
    let sent = 0;

    async function client(): Promise<void> {
      while (isInProgress()) {
        const user = users[random(users.length)] as User;
        const kind = random(2) === 0 ? 'pay' : 'cancel';
        sent += 1;
        const requestId = `${prefix}${sent}`;
        recorder.sent({ requestId, kind, userId: user.id, sentMs: performance.now() - beganAt });
        count(countSent);
        const answer = await call({ kind, userId: user.id, amount, mode, trace: session, requestId });
        recorder.answered(requestId, answer);
        count((tally) => countAnswer(tally, answer));
        if (answer.outcome === 'unreachable') await sleep(500); // do not hammer an unreachable service
      }
    }
    async function watchLedger(): Promise<void> {
      while (isInProgress()) {
        await sleep(ledgerEveryMs);
        await checkLedger(users);
      }
    }
    const clock = setInterval(() => {
      const secondsLeft = isInProgress() ? Math.ceil((endsAt - performance.now()) / 1000) : 0;
      if (last.value) last.value = { ...last.value, secondsLeft, record: recorder.record() };
    }, recordEveryMs);
    try {
      await Promise.all([watchLedger(), ...Array.from({ length: loadConnections }, client)]);
      await untilTraced(stream(), () => last.value !== undefined && isWhole(last.value.tally));
      await checkLedger(users);
      end(recorder.record());
      void lab.refresh();
    } finally {
      lab.resume();
      clearInterval(clock);
      stop?.();
    }
  }

  async function runAll(modes: readonly LockModeName[], seed: number): Promise<void> {
    const endActivity = busy.value ? undefined : activity.begin('load');
    if (!endActivity) return;
    isStopped = false;
    try {
      for (const [index, mode] of modes.entries()) {
        turn.value = modes.length > 1 ? { number: index + 1, of: modes.length } : undefined;
        await run(mode, seed);
        if (isStopped || refusal.value !== undefined) break;
      }
    } finally {
      turn.value = undefined;
      endActivity();
    }
  }

  return {
    busy,
    last,
    refusal,
    finished,
    history,
    turn,
    run: (mode, seed) => runAll([mode], seed),
    runAll,
    stop() {
      isStopped = true;
    },
  };
}
