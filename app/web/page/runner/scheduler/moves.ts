import { computed, type ReadonlySignal, signal } from '@preact/signals';
import type { User } from '../../../../payments/users.ts';
import { describeMeanwhile, describeMove } from '../../narrative/scheduler/describe-move.ts';
import { sleep } from '../../sleep.ts';
import type { Run } from '../../state/run.ts';
import type { Level } from '../../state/scheduler/levels.ts';
import { nextInOrder, type Turn } from '../../state/scheduler/orders.ts';
import { movable, type Name, names, nothingSent, type RequestStates } from '../../state/scheduler/stepping.ts';
import { most } from '../../state/settings.ts';
import type { RunnerDeps } from '../deps.ts';
import { makeUnpaid } from '../users/make-unpaid.ts';
import { type SteppedPair, startPair } from './stepped-pair.ts';

/** The moves of a pay and a cancel on one user, and what came of them. */
export interface Moves {
  readonly states: ReadonlySignal<RequestStates>;
  readonly run: ReadonlySignal<Run | undefined>;
  readonly turns: ReadonlySignal<readonly Turn[]>;
  /** What came of the last move, or what has happened without one. */
  readonly outcome: ReadonlySignal<string | undefined>;
  /** False once a request has gone on by itself: what comes of it is no longer the order's. */
  isOrder(): boolean;
  areEnded(): boolean;
  /**
   * Begins on a fresh user and repeats these moves.
   *
   * @returns false if the guard blocked one of them.
   * @throws an error with what to say, such as that there is no user.
   */
  replay(level: Level, wanted: string): Promise<boolean>;
  /** Lets one request take its next step, if it can. @throws as {@link SteppedPair.step}. */
  step(name: Name): Promise<void>;
  /** Plays the rest of an order. @throws as {@link SteppedPair.step}; and if no request can move for 30 s. */
  playOn(order: string): Promise<void>;
  /**
   * Looks at what both have done without a move.
   *
   * @param isStill false once that is no longer asked.
   * @param isWithdrawn true if a question no longer applies.
   * @returns true if something has changed.
   */
  follow(isStill: () => boolean, isWithdrawn: () => boolean): Promise<boolean>;
  /** See {@link SteppedPair.resume}. */
  resume(): Promise<string | undefined>;
  finish(): Promise<void>;
}

const lookEveryMs = 500;
/** Longer than the default lease of a lock that is not renewed (10 s). */
const stuckAfterMs = 30_000;

export function createMoves({ session, lab, stream, activity }: RunnerDeps): Moves {
  const turns = signal<readonly Turn[]>([]);
  const outcome = signal<string | undefined>();
  const pair = signal<SteppedPair | undefined>();
  const states = computed(() => pair.value?.states.value ?? nothingSent);
  const run = computed(() => pair.value?.run.value);
  const areEnded = () => names.every((name) => states.value[name].state === 'ended');
  let isOrder = true;
  let attempts = 0;

  /** @returns how the level places a request beside its rival. @throws an error with what to say, if it cannot. */
  function placement({ instances }: Level): (rivals: string) => string | undefined {
    if (instances === undefined) return () => undefined;
    if (instances === 'one') return (rivals) => rivals;
    const up = (lab.status.value?.instances ?? []).filter(({ state }) => state === 'up').map(({ name }) => name);
    if (up.length < 2) throw new Error('This level needs two instances, and the lab has one.');
    return (rivals) => up.find((name) => name !== rivals);
  }

  async function start(level: Level): Promise<void> {
    attempts += 1;
    outcome.value = undefined;
    const placeBeside = placement(level);
    const chosen = await lab.own.choose({ count: 1 });
    if (typeof chosen === 'string') throw new Error(chosen);
    const user = await makeUnpaid(chosen[0] as User);
    await stream()?.ready();
    const begun = () => {
      const ends = [activity.begin('stepper'), lab.watchLocksOf([user.id])];
      return () => {
        for (const end of ends) end?.();
      };
    };
    const board = `steps${attempts}-${session}`;
    pair.value = startPair({ board, trace: session, mode: level.mode, user, stream: stream(), placeBeside, begun });
    turns.value = [];
    isOrder = true;
  }

  async function step(name: Name): Promise<void> {
    const before = states.value;
    const could = movable(before);
    if (!could.includes(name)) return;
    try {
      await pair.value?.step(name);
    } catch (error) {
      isOrder = false; // its turns no longer say what it has done
      throw error;
    }
    const blocked = before[name].state === 'not sent' && states.value[name].state === 'blocked';
    turns.value = [...turns.value, { name, could, blocked }];
    outcome.value = describeMove(name, before, states.value);
  }

  /** True while what becomes of a request is not shown yet. */
  const isInProgress = () =>
    run.value?.calls.some(({ name, answer }) => !answer || states.value[name as Name].state !== 'ended') ?? false;

  return {
    states,
    run,
    turns,
    outcome,
    isOrder: () => isOrder,
    areEnded,
    step,
    async replay(level, wanted) {
      await pair.value?.abandon();
      try {
        await start(level);
      } catch (error) {
        pair.value = undefined; // the one before has ended
        turns.value = [];
        throw error;
      }
      let isBlocked = false;
      for (const name of wanted as Iterable<Name>) {
        isBlocked ||= states.value[name].state === 'blocked';
        await step(name);
      }
      return !isBlocked;
    },
    async playOn(order) {
      let movedAt = performance.now();
      while (!areEnded() && turns.value.length < most.moves) {
        const name = nextInOrder(order, turns.value, movable(states.value));
        if (name) {
          await step(name);
          movedAt = performance.now();
        } else {
          if (performance.now() - movedAt > stuckAfterMs)
            throw new Error(`Neither request could move for ${stuckAfterMs / 1000} s. Resume both.`);
          await sleep(lookEveryMs);
          await pair.value?.look();
        }
      }
    },
    async follow(isStill, isWithdrawn) {
      const followed = pair.value;
      const before = states.value;
      if (!followed || !isInProgress() || !(await followed.look())) return false;
      if (pair.value !== followed || !isStill()) return false;
      if (names.some((name) => before[name].state === 'held' && before[name] !== states.value[name])) isOrder = false;
      outcome.value = describeMeanwhile(before, states.value, isWithdrawn());
      return true;
    },
    async resume() {
      isOrder = false;
      outcome.value = undefined;
      return pair.value?.resume();
    },
    finish: async () => pair.value?.finish(),
  };
}
