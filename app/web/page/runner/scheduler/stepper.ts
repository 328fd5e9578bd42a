import { computed, type ReadonlySignal, signal } from '@preact/signals';
import type { PastFault } from '../../../../lab/faults/fault.ts';
import { messageOf } from '../../../../thrown.ts';
import { resultOf } from '../../narrative/scheduler/order-result.ts';
import { type Level, type LevelId, levelOf } from '../../state/scheduler/levels.ts';
import { ordersOf } from '../../state/scheduler/orders.ts';
import { type Progress, readProgress, record } from '../../state/scheduler/progress.ts';
import { actualOutcome, type Name, type Question, questionBefore } from '../../state/scheduler/stepping.ts';
import { fateOfWrite } from '../../state/traced.ts';
import { type BrowserValue, keepInBrowser } from '../browser/browser-storage.ts';
import type { RunnerDeps } from '../deps.ts';
import { untilTraced } from '../traced.ts';
import { createMoves, type Moves } from './moves.ts';

/** A guess and its result. */
export interface Guess {
  readonly question: Question;
  readonly chosen: string;
  /** See {@link actualOutcome}. */
  readonly actual: string | undefined;
}

/** The user as the scheduler of a pay and a cancel: decides which of them moves, and may guess what it will do. */
export interface Stepper extends Pick<Moves, 'states' | 'run' | 'outcome'> {
  /** `idle`: not begun. `asking`: waits for a guess before a move. `over`: both have ended. */
  readonly state: ReadonlySignal<'idle' | 'stepping' | 'ready' | 'asking' | 'over'>;
  readonly level: ReadonlySignal<Level>;
  readonly seed: ReadonlySignal<number>;
  /** The moves so far. */
  readonly steps: ReadonlySignal<string>;
  readonly question: ReadonlySignal<Question | undefined>;
  readonly guess: ReadonlySignal<Guess | undefined>;
  /** What went wrong. */
  readonly note: ReadonlySignal<string | undefined>;
  /** What came of the orders that were played. */
  readonly progress: BrowserValue<Progress>;
  /** Begins on a fresh user and repeats these moves, then plays the rest of an order, if one is given. */
  begin(level: LevelId, seed: number, steps?: string, order?: string): Promise<void>;
  /**
   * Lets one request take its next step.
   *
   * @param asks true if it may first be asked what the step will do.
   */
  move(name: Name, asks: boolean): Promise<void>;
  /** Takes the guess, and the move that it is about. @param choice undefined: without a guess. */
  answer(choice: string | undefined): Promise<void>;
  /** Repeats all moves but the last on a fresh user. */
  undo(): Promise<void>;
  /** Resumes both. */
  resume(): Promise<void>;
}

const followEveryMs = 500;

/** @param past the faults that were injected, as far as they are known: see {@link resultOf}. */
export function createStepper(deps: RunnerDeps, past: () => readonly PastFault[]): Stepper {
  const { lab, stream, activity } = deps;
  const moves = createMoves(deps);
  const { states, run, outcome, turns } = moves;
  const state = signal<'idle' | 'stepping' | 'ready' | 'asking' | 'over'>('idle');
  const level = signal<Level>(levelOf('none'));
  const seed = signal(0);
  const steps = computed(() => turns.value.map(({ name }) => name).join(''));
  const asked = signal<{ readonly question: Question; readonly name: Name } | undefined>();
  const guess = signal<Guess | undefined>();
  const note = signal<string | undefined>();
  const progress = keepInBrowser('scheduler', readProgress);

  async function replay(wanted: string): Promise<void> {
    if (await moves.replay(level.value, wanted)) return;
    note.value = 'Not all moves could be repeated: the guard blocks a request now.';
  }

  /** Ends the run if both requests have ended. */
  async function settle(): Promise<void> {
    if (!moves.areEnded()) {
      state.value = 'ready';
      return;
    }
    await moves.finish();
    const result = moves.isOrder() && run.value ? resultOf(run.value, past()) : undefined;
    if (result) progress.change((kept) => record(kept, level.value.id, ordersOf(turns.value), result));
    state.value = 'over';
    void lab.refresh();
  }

  /**
   * Does the work unless other work is in progress, then checks whether both requests have ended.
   *
   * @returns true if it was done.
   */
  async function exclusively(work: () => Promise<void>): Promise<boolean> {
    const endActivity = state.value === 'stepping' ? undefined : activity.begin('stepper');
    if (!endActivity) return false;
    state.value = 'stepping';
    note.value = undefined;
    guess.value = undefined;
    asked.value = undefined;
    try {
      await work();
      await settle();
      return true;
    } catch (error) {
      note.value = messageOf(error);
      state.value = run.value && !moves.areEnded() ? 'ready' : 'idle';
      return false;
    } finally {
      endActivity();
    }
  }

  const isBetweenMoves = () => state.value === 'ready' || state.value === 'asking';
  const isWithdrawn = () =>
    asked.value !== undefined && questionBefore(states.value, asked.value.name) !== asked.value.question;

  /** Follows both between the moves: leases expire, and holds and waits have an end. */
  async function follow(): Promise<void> {
    if (isBetweenMoves() && (await moves.follow(isBetweenMoves, isWithdrawn))) {
      if (isWithdrawn()) {
        asked.value = undefined;
        state.value = 'ready';
      }
      if (moves.areEnded()) await exclusively(async () => {});
    }
    setTimeout(follow, followEveryMs);
  }
  setTimeout(follow, followEveryMs);

  const payWrite = () => fateOfWrite(run.value?.events.filter(({ kind }) => kind === 'pay') ?? []);

  return {
    state,
    level,
    seed,
    steps,
    states,
    question: computed(() => asked.value?.question),
    guess,
    run,
    outcome,
    note,
    progress,
    async begin(wanted, from, made = '', order) {
      await exclusively(async () => {
        level.value = levelOf(wanted);
        seed.value = from;
        await replay(made);
        if (order !== undefined) await moves.playOn(order);
      });
    },
    async move(name, asks) {
      if (state.value !== 'ready') return;
      const question = asks ? questionBefore(states.value, name) : undefined;
      if (!question) return void (await exclusively(() => moves.step(name)));
      guess.value = undefined;
      asked.value = { question, name };
      state.value = 'asking';
    },
    async answer(chosen) {
      if (!asked.value) return;
      const { question, name } = asked.value;
      const isDone = await exclusively(async () => {
        await moves.step(name);
        if (question.about === 'last-write') await untilTraced(stream(), () => payWrite() !== 'unseen');
      });
      if (!isDone || chosen === undefined) return;
      const seen = { states: states.value, payWrite: payWrite() };
      guess.value = { question, chosen, actual: actualOutcome(question, seen) };
    },
    async undo() {
      const wanted = steps.value.slice(0, -1);
      await exclusively(() => replay(wanted));
    },
    async resume() {
      await exclusively(async () => {
        note.value = await moves.resume();
      });
    },
  };
}
