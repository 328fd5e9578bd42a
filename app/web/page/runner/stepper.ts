import { computed, type ReadonlySignal, signal } from '@preact/signals';
import type { LockModeName } from '../../../lock-modes/registry.ts';
import type { User } from '../../../payments/users.ts';
import { messageOf } from '../../../thrown.ts';
import type { Run } from '../state/run.ts';
import {
  actualOutcome,
  type Name,
  names,
  nextToStep,
  nothingSent,
  type Question,
  questionBefore,
  type RequestStates,
} from '../state/stepping.ts';
import { fateOfWrite } from '../state/traced.ts';
import type { RunnerDeps } from './deps.ts';
import { makeUnpaid } from './make-unpaid.ts';
import { type SteppedPair, startPair } from './stepped-pair.ts';
import { untilTraced } from './traced.ts';

/** A guess and its result. */
export interface Guess {
  readonly question: Question;
  readonly chosen: string;
  /** See {@link actualOutcome}. */
  readonly actual: string | undefined;
}

/** The race step by step, with a question before some steps. */
export interface Stepper {
  /** `idle`: not begun. `asking`: waits for a guess before the next step. `over`: both have ended. */
  readonly state: ReadonlySignal<'idle' | 'stepping' | 'ready' | 'asking' | 'over'>;
  readonly mode: ReadonlySignal<LockModeName>;
  readonly seed: ReadonlySignal<number>;
  readonly steps: ReadonlySignal<string>;
  readonly states: ReadonlySignal<RequestStates>;
  readonly question: ReadonlySignal<Question | undefined>;
  readonly guess: ReadonlySignal<Guess | undefined>;
  readonly run: ReadonlySignal<Run | undefined>;
  /** What happened besides the steps. */
  readonly note: ReadonlySignal<string | undefined>;
  /** Begins on a fresh user and repeats these steps. */
  begin(mode: LockModeName, seed: number, steps?: string): Promise<void>;
  /** Takes the next step, or first asks for its result. */
  next(): Promise<void>;
  /** Takes the guess, and the step that it is about. */
  answer(choice: string): Promise<void>;
  /** Repeats all steps but the last on a fresh user. */
  undo(): Promise<void>;
  /** Resumes both. */
  resume(): Promise<void>;
}

const streamMs = 3000;
const repeated =
  'A held request resumed by itself: holds and lock waits are limited. The steps so far were repeated on a fresh user.';

export function createStepper({ session, lab, stream, activity }: RunnerDeps): Stepper {
  const state = signal<'idle' | 'stepping' | 'ready' | 'asking' | 'over'>('idle');
  const mode = signal<LockModeName>('none');
  const seed = signal(0);
  const steps = signal('');
  const question = signal<Question | undefined>();
  const guess = signal<Guess | undefined>();
  const note = signal<string | undefined>();
  const pair = signal<SteppedPair | undefined>();
  const states = computed(() => pair.value?.states.value ?? nothingSent);
  const run = computed(() => pair.value?.run.value);
  let attempts = 0;

  /** @throws an error with what to say, when there is no user. */
  async function replay(wanted: string): Promise<void> {
    await pair.value?.abandon();
    attempts += 1;
    const chosen = await lab.own.choose({ count: 1 });
    if (typeof chosen === 'string') throw new Error(chosen);
    const user = await makeUnpaid(chosen[0] as User);
    await stream()?.opened(streamMs);
    stream()?.forgetGap();
    const board = `steps${attempts}-${session}`;
    const begun = () => {
      const ends = [activity.begin('stepper'), lab.watchLocksOf([user.id])];
      return () => {
        for (const end of ends) end?.();
      };
    };
    pair.value = startPair({ board, trace: session, mode: mode.value, user, stream: stream(), begun });
    steps.value = '';
    for (const name of wanted as Iterable<Name>) await step(name);
  }

  async function step(name: Name): Promise<void> {
    const { state: before } = states.value[name];
    if (before === 'ended' || before === 'blocked') return;
    await pair.value?.step(name);
    steps.value += name;
  }

  async function stepOn(): Promise<void> {
    if (!(await pair.value?.isIntact())) {
      await replay(steps.value);
      note.value = repeated;
    }
    const name = nextToStep(states.value, steps.value);
    if (name) await step(name);
    else for (const other of names) await pair.value?.recheck(other);
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
    question.value = undefined;
    try {
      await work();
      const { A, B } = states.value;
      if (A.state !== 'ended' || B.state !== 'ended') {
        state.value = 'ready';
        return true;
      }
      await pair.value?.finish();
      state.value = 'over';
      void lab.refresh();
      return true;
    } catch (error) {
      note.value = messageOf(error);
      state.value = 'idle';
      return false;
    } finally {
      endActivity();
    }
  }

  const payWrite = () => fateOfWrite(run.value?.events.filter(({ kind }) => kind === 'pay') ?? []);

  return {
    state,
    mode,
    seed,
    steps,
    states,
    question,
    guess,
    run,
    note,
    async begin(wanted, from, made = '') {
      mode.value = wanted;
      seed.value = from;
      await exclusively(() => replay(made));
    },
    async next() {
      const name = nextToStep(states.value, steps.value);
      const asked = name && questionBefore(states.value, name);
      if (!asked) return void (await exclusively(stepOn));
      guess.value = undefined;
      question.value = asked;
      state.value = 'asking';
    },
    async answer(chosen) {
      const asked = question.value;
      if (!asked) return;
      const isDone = await exclusively(async () => {
        await stepOn();
        if (asked.about === 'last-write') await untilTraced(stream(), () => payWrite() !== 'unseen');
      });
      if (!isDone) return;
      const seen = { states: states.value, payWrite: payWrite() };
      guess.value = { question: asked, chosen, actual: actualOutcome(asked, seen) };
    },
    async undo() {
      const wanted = steps.value.slice(0, -1);
      await exclusively(() => replay(wanted));
    },
    async resume() {
      await exclusively(async () => {
        note.value = await pair.value?.resume();
      });
    },
  };
}
