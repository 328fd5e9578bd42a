import { type ReadonlySignal, signal } from '@preact/signals';
import type { SteppedRequest } from '../../../lab/steps-board.ts';
import type { LockModeName } from '../../../lock-modes/lock-mode.ts';
import type { User } from '../../../payments/users.ts';
import { askUser, askUsers, call, stepControl } from '../api/lab.ts';
import type { TraceStream } from '../api/trace-stream.ts';
import {
  type Name,
  nextToMove,
  nobodySent,
  type Question,
  questionBefore,
  type Seen,
  type Standing,
  type Standings,
  whatCameTrue,
} from '../model/moves.ts';
import { pickUsers } from '../model/pick-users.ts';
import { isStaleWrite, isWaiting, type MadeCall, type Run } from '../model/run.ts';
import { amount } from '../model/settings.ts';
import type { LabState } from './lab-state.ts';
import { sleep } from './sleep.ts';
import { makeFree } from './stage.ts';

/** A guess, and what came of it. */
export interface Guess {
  readonly question: Question;
  readonly chosen: string;
  /** Undefined when nothing that was asked about has come about. */
  readonly cameTrue: string | undefined;
}

/** The race, move by move: a pay and a cancel that the step control leads. */
export interface Stepper {
  /** `idle`: nothing was begun. `asking`: a guess is wanted before the next move. `over`: both have ended. */
  readonly state: ReadonlySignal<'idle' | 'moving' | 'ready' | 'asking' | 'over'>;
  readonly mode: ReadonlySignal<LockModeName>;
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

export interface StepperDeps {
  readonly session: string;
  readonly lab: LabState;
  readonly stream: () => TraceStream | undefined;
}

const kinds = { A: 'pay', B: 'cancel' } as const;
/** Short, and long enough to be seen in the picture. */
const gatewayMs = 40;
/** A request that has waited for so long at its guard is taken for kept out. */
const patienceMs = 300;
const comesWithinMs = 8000;
const lookEveryMs = 40;

export function createStepper({ session, lab, stream }: StepperDeps): Stepper {
  const state = signal<'idle' | 'moving' | 'ready' | 'asking' | 'over'>('idle');
  const mode = signal<LockModeName>('none');
  const moves = signal('');
  const standings = signal<Standings>(nobodySent);
  const question = signal<Question | undefined>();
  const guess = signal<Guess | undefined>();
  const run = signal<Run | undefined>();
  const note = signal<string | undefined>();
  let attempts = 0;
  let seed = 1;
  let board = '';
  let stopListening: (() => void) | undefined;

  const idOf = (name: Name) => `${kinds[name]}-${name}-${board}`;
  const events = () => run.value?.events ?? [];
  const callOf = (name: Name) => run.value?.calls.find((made) => made.name === name);

  function change(changed: Partial<Run>): void {
    if (run.value) run.value = { ...run.value, ...changed };
  }

  function changeCall(name: Name, changed: Partial<MadeCall>): void {
    change({ calls: (run.value?.calls ?? []).map((made) => (made.name === name ? { ...made, ...changed } : made)) });
  }

  /** Leaves whatever is under way to itself and has a fresh user. @returns why there is none. */
  async function startAfresh(): Promise<string | undefined> {
    if (board !== '') void stepControl.letGo(board);
    stopListening?.();
    attempts += 1;
    board = `steps${attempts}-${session}`;
    const found = await askUsers();
    if (found.outcome !== 'ok') return 'The users could not be read: see above.';
    const [chosen] = pickUsers(found.body.users, 1, seed + attempts);
    if (!chosen) return 'There are no users yet. Make some first, below.';
    const user: User = await makeFree(chosen);
    lab.watchLocksOf([user.id]);
    await stream()?.opened(3000);
    standings.value = nobodySent;
    run.value = { mode: mode.value, user, calls: [], events: [], state: 'running' };
    const own = new Set([idOf('A'), idOf('B')]);
    stopListening = stream()?.listen((event) => {
      if (own.has(event.requestId)) change({ events: [...events(), event] });
    });
    return undefined;
  }

  function send(name: Name): void {
    const { user } = run.value as Run;
    const own = board;
    const requestId = idOf(name);
    const made: MadeCall = { name, kind: kinds[name], amount, afterMs: 0, gatewayMs, requestId, sentMs: 0 };
    change({ calls: [...(run.value?.calls ?? []), made].sort((a, b) => (a.name < b.name ? -1 : 1)) });
    const chosen = { requestId, mode: mode.value, gatewayMs, trace: session, steps: own };
    void call({ kind: kinds[name], userId: user.id, amount, ...chosen }).then((answer) => {
      if (board === own) changeCall(name, { answer });
    });
  }

  async function onBoard(name: Name): Promise<SteppedRequest | undefined> {
    const listed = await stepControl.list(board);
    if (listed.outcome !== 'ok') return undefined;
    return listed.body.requests.find(({ requestId }) => requestId === idOf(name));
  }

  function stand(name: Name, standing: Standing): void {
    standings.value = { ...standings.value, [name]: standing };
  }

  /** Waits until the request is held at another hold than before, has ended, or is kept out by its guard. */
  async function settle(name: Name, holdsBefore: number): Promise<void> {
    const since = performance.now();
    let waitsSince: number | undefined;
    for (;;) {
      const listed = await onBoard(name);
      if (callOf(name)?.answer) return stand(name, { state: 'ended' });
      if (listed?.heldBefore && listed.holds > holdsBefore) {
        return stand(name, { state: 'held', before: listed.heldBefore, next: listed.next ?? '' });
      }
      const waits = isWaiting(events(), idOf(name)) || (stream()?.state.value !== 'open' && listed?.holds === 0);
      waitsSince = waits ? (waitsSince ?? performance.now()) : undefined;
      if (waitsSince !== undefined && performance.now() - waitsSince > patienceMs)
        return stand(name, { state: 'blocked' });
      if (performance.now() - since > comesWithinMs) throw new Error(`The ${kinds[name]} has come no further.`);
      await sleep(lookEveryMs);
    }
  }

  /** One move: a request that was not sent is sent, and then takes the step that it is held before. */
  async function move(name: Name): Promise<void> {
    if (standings.value[name].state === 'not sent') {
      send(name);
      await settle(name, 0);
    }
    if (standings.value[name].state === 'held') {
      const listed = await onBoard(name);
      await stepControl.release(board, idOf(name));
      await settle(name, listed?.holds ?? 0);
    }
    moves.value += name;
    const other = name === 'A' ? 'B' : 'A';
    if (standings.value[other].state === 'blocked') await settle(other, 0);
  }

  /** Whether what is held is still held, and whoever waits still waits: each of that has a limit. */
  async function isIntact(): Promise<boolean> {
    for (const name of ['A', 'B'] as const) {
      const { state: before } = standings.value[name];
      if (before !== 'held' && before !== 'blocked') continue;
      const listed = await onBoard(name);
      if (!listed || callOf(name)?.answer || (listed.heldBefore !== null) !== (before === 'held')) return false;
    }
    return true;
  }

  async function replay(wanted: string): Promise<void> {
    moves.value = '';
    const refusal = await startAfresh();
    if (refusal !== undefined) throw new Error(refusal);
    for (const name of wanted as Iterable<Name>) {
      const canMove = standings.value[name].state === 'not sent' || standings.value[name].state === 'held';
      if (canMove) await move(name);
    }
  }

  async function busily(work: () => Promise<void>): Promise<void> {
    if (state.value === 'moving') return;
    state.value = 'moving';
    note.value = undefined;
    try {
      await work();
      await standStill();
    } catch (error) {
      note.value = error instanceof Error ? error.message : String(error);
      state.value = 'idle';
    }
  }

  /** After a move: is it over, or whose turn is it? */
  async function standStill(): Promise<void> {
    const { A, B } = standings.value;
    if (A.state !== 'ended' || B.state !== 'ended') {
      state.value = 'ready';
      return;
    }
    const deadline = performance.now() + 1000;
    const ended = () => events().filter(({ step }) => step === 'answered').length;
    while (ended() < 2 && stream()?.state.value === 'open' && performance.now() < deadline) await sleep(20);
    const after = run.value && (await askUser(run.value.user.id));
    change({ state: 'done', ...(after?.outcome === 'ok' && { after: after.body }) });
    state.value = 'over';
    void lab.refresh();
  }

  async function moveOn(): Promise<void> {
    if (!(await isIntact())) {
      note.value =
        'What was held went on by itself: each hold, and each wait for a lock, has a limit. The moves so far were repeated on a fresh user.';
      const said = note.value;
      await replay(moves.value);
      note.value = said;
    }
    const name = nextToMove(standings.value, moves.value);
    if (name) await move(name);
    else
      for (const other of ['A', 'B'] as const) if (standings.value[other].state === 'blocked') await settle(other, 0);
  }

  return {
    state,
    mode,
    moves,
    standings,
    question,
    guess,
    run,
    note,
    async begin(wanted, from, made = '') {
      mode.value = wanted;
      seed = from;
      guess.value = undefined;
      question.value = undefined;
      await busily(() => replay(made));
    },
    async next() {
      const name = nextToMove(standings.value, moves.value);
      guess.value = undefined;
      question.value = name && questionBefore(standings.value, name);
      if (question.value) state.value = 'asking';
      else await busily(moveOn);
    },
    async answer(choice) {
      const asked = question.value;
      if (!asked) return;
      question.value = undefined;
      await busily(moveOn);
      guess.value = { question: asked, chosen: choice, cameTrue: whatCameTrue(asked, seen()) };
    },
    async undo() {
      guess.value = undefined;
      question.value = undefined;
      const wanted = moves.value.slice(0, -1);
      await busily(() => replay(wanted));
    },
    async letGo() {
      guess.value = undefined;
      question.value = undefined;
      await busily(async () => {
        await stepControl.letGo(board);
        for (const name of ['A', 'B'] as const) {
          const sent = standings.value[name].state !== 'not sent';
          if (sent && standings.value[name].state !== 'ended') await untilAnswered(name);
        }
        if (standings.value.B.state === 'not sent') {
          note.value = 'The cancel was never sent.';
          stand('B', { state: 'ended' });
        }
      });
    },
  };

  async function untilAnswered(name: Name): Promise<void> {
    const deadline = performance.now() + comesWithinMs;
    while (!callOf(name)?.answer && performance.now() < deadline) await sleep(lookEveryMs);
    stand(name, { state: 'ended' });
  }

  function seen(): Seen {
    const write = events().findLast(
      ({ requestId, step }) => requestId === idOf('A') && (step === 'written' || step === 'refused'),
    );
    if (!write) return { standings: standings.value };
    const payWrite = write.step === 'refused' ? 'refused' : isStaleWrite(write) ? 'stale' : 'in order';
    return { standings: standings.value, payWrite };
  }
}
