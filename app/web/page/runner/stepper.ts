import { computed, type ReadonlySignal, signal } from '@preact/signals';
import type { LockModeName } from '../../../lock-modes/lock-mode.ts';
import type { User } from '../../../payments/users.ts';
import { messageOf } from '../../../thrown.ts';
import type { Run } from '../model/run.ts';
import {
  type Name,
  names,
  nextToMove,
  nobodySent,
  type Question,
  questionBefore,
  type Standings,
  whatCameTrue,
} from '../model/stepping.ts';
import { fateOfWrite } from '../model/traced.ts';
import { chooseUsers } from './choose-users.ts';
import type { PlayDeps } from './deps.ts';
import { makeFree } from './make-unpaid.ts';
import { type LedPair, startPair } from './stepped-pair.ts';
import { untilTraced } from './traced.ts';

/** A guess, and what came of it. */
export interface Guess {
  readonly question: Question;
  readonly chosen: string;
  /** See {@link whatCameTrue}. */
  readonly cameTrue: string | undefined;
}

/** The race, move by move, and at its turns a question before the answer is seen. */
export interface Stepper {
  /** `idle`: nothing was begun. `asking`: a guess is wanted before the next move. `over`: both have ended. */
  readonly state: ReadonlySignal<'idle' | 'moving' | 'ready' | 'asking' | 'over'>;
  readonly mode: ReadonlySignal<LockModeName>;
  readonly seed: ReadonlySignal<number>;
  readonly moves: ReadonlySignal<string>;
  readonly standings: ReadonlySignal<Standings>;
  readonly question: ReadonlySignal<Question | undefined>;
  readonly guess: ReadonlySignal<Guess | undefined>;
  readonly run: ReadonlySignal<Run | undefined>;
  /** What has happened besides the moves, in words. */
  readonly note: ReadonlySignal<string | undefined>;
  /** Begins on a fresh user and makes these moves. */
  begin(mode: LockModeName, seed: number, moves?: string): Promise<void>;
  /** Makes the next move, or asks first what will come of it. */
  next(): Promise<void>;
  /** Takes the guess and makes the move that it was about. */
  answer(choice: string): Promise<void>;
  /** All moves but the last, on a fresh user: what has happened cannot be taken back, only repeated. */
  undo(): Promise<void>;
  /** Both go on by themselves. */
  letGo(): Promise<void>;
}

const streamMs = 3000;
const repeated =
  'What was held went on by itself: each hold, and each wait for a lock, has a limit. The moves so far were repeated on a fresh user.';

export function createStepper({ session, lab, stream, turn }: PlayDeps): Stepper {
  const state = signal<'idle' | 'moving' | 'ready' | 'asking' | 'over'>('idle');
  const mode = signal<LockModeName>('none');
  const seed = signal(0);
  const moves = signal('');
  const question = signal<Question | undefined>();
  const guess = signal<Guess | undefined>();
  const note = signal<string | undefined>();
  const pair = signal<LedPair | undefined>();
  const standings = computed(() => pair.value?.standings.value ?? nobodySent);
  const run = computed(() => pair.value?.run.value);
  let attempts = 0;

  /** @throws an error with what to say, when there is no user. */
  async function replay(wanted: string): Promise<void> {
    await pair.value?.leave();
    attempts += 1;
    const chosen = await chooseUsers({ count: 1, seed: seed.value + attempts });
    if (typeof chosen === 'string') throw new Error(chosen);
    const user = await makeFree(chosen[0] as User);
    await stream()?.opened(streamMs);
    stream()?.forgetGap();
    const board = `steps${attempts}-${session}`;
    const begun = () => {
      const ends = [turn.take('stepper'), lab.watchLocksOf([user.id])];
      return () => {
        for (const end of ends) end?.();
      };
    };
    pair.value = startPair({ board, trace: session, mode: mode.value, user, stream: stream(), begun });
    moves.value = '';
    for (const name of wanted as Iterable<Name>) await move(name);
  }

  async function move(name: Name): Promise<void> {
    const { state: before } = standings.value[name];
    if (before === 'ended' || before === 'blocked') return;
    await pair.value?.move(name);
    moves.value += name;
  }

  async function moveOn(): Promise<void> {
    if (!(await pair.value?.isIntact())) {
      await replay(moves.value);
      note.value = repeated;
    }
    const name = nextToMove(standings.value, moves.value);
    if (name) await move(name);
    else for (const other of names) await pair.value?.lookAgain(other);
  }

  /**
   * Does it, and sees whether it is over then. While something is done, nothing else is.
   *
   * @returns whether it was done.
   */
  async function busily(work: () => Promise<void>): Promise<boolean> {
    const endTurn = state.value === 'moving' ? undefined : turn.take('stepper');
    if (!endTurn) return false;
    state.value = 'moving';
    note.value = undefined;
    guess.value = undefined;
    question.value = undefined;
    try {
      await work();
      const { A, B } = standings.value;
      if (A.state !== 'ended' || B.state !== 'ended') {
        state.value = 'ready';
        return true;
      }
      await pair.value?.conclude();
      state.value = 'over';
      void lab.refresh();
      return true;
    } catch (error) {
      note.value = messageOf(error);
      state.value = 'idle';
      return false;
    } finally {
      endTurn();
    }
  }

  const payWrite = () => fateOfWrite(run.value?.events.filter(({ kind }) => kind === 'pay') ?? []);

  return {
    state,
    mode,
    seed,
    moves,
    standings,
    question,
    guess,
    run,
    note,
    async begin(wanted, from, made = '') {
      mode.value = wanted;
      seed.value = from;
      await busily(() => replay(made));
    },
    async next() {
      const name = nextToMove(standings.value, moves.value);
      const asked = name && questionBefore(standings.value, name);
      if (!asked) return void (await busily(moveOn));
      guess.value = undefined;
      question.value = asked;
      state.value = 'asking';
    },
    async answer(chosen) {
      const asked = question.value;
      if (!asked) return;
      const isDone = await busily(async () => {
        await moveOn();
        if (asked.about === 'last-write') await untilTraced(stream(), () => payWrite() !== 'unseen');
      });
      if (!isDone) return;
      const seen = { standings: standings.value, payWrite: payWrite() };
      guess.value = { question: asked, chosen, cameTrue: whatCameTrue(asked, seen) };
    },
    async undo() {
      const wanted = moves.value.slice(0, -1);
      await busily(() => replay(wanted));
    },
    async letGo() {
      await busily(async () => {
        note.value = await pair.value?.letGo();
      });
    },
  };
}
