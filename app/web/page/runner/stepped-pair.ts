import { type ReadonlySignal, signal } from '@preact/signals';
import type { SteppedRequest } from '../../../lab/steps/board.ts';
import type { LockModeName } from '../../../lock-modes/lock-mode.ts';
import type { User } from '../../../payments/users.ts';
import { call, fetchUser, stepControl } from '../api/lab.ts';
import type { TraceStream } from '../api/trace-stream.ts';
import { isWaiting, type MadeCall, type Run } from '../model/run.ts';
import { amount } from '../model/settings.ts';
import {
  answeredWhileBlocked,
  type Name,
  names,
  nothingSent,
  type RequestState,
  type RequestStates,
} from '../model/stepping.ts';
import { isEnded } from '../model/traced.ts';
import { sleep } from './sleep.ts';
import { untilTraced } from './traced.ts';

/** A pay and a cancel of one user that the step control leads: each move is one step of one of them. */
export interface SteppedPair {
  readonly run: ReadonlySignal<Run>;
  readonly states: ReadonlySignal<RequestStates>;
  /**
   * Has one take its next step, sending it first if need be, and resolves when that is done: when it is held once more, has
   * ended, or is kept out by its guard.
   *
   * @throws an error with what to say, when it comes no further.
   */
  step(name: Name): Promise<void>;
  /** Looks again where one is who was kept out. */
  recheck(name: Name): Promise<void>;
  /** Whether what was held is still held, and who waited still waits: each of that has a limit. */
  isIntact(): Promise<boolean>;
  /**
   * Both go on by themselves, and are sent first if need be; resolves when they have ended.
   *
   * @returns why they could not be let go, in words.
   * @throws an error with what to say, when one is not answered.
   */
  resume(): Promise<string | undefined>;
  /** Reads what has become of the user, once both have ended. */
  finish(): Promise<void>;
  /** Lets them come to their end, unseen. Until then their user looks free to whoever chooses one. */
  abandon(): Promise<void>;
}

export interface SteppedPairOptions {
  /** The step control's session, of this pair only. */
  readonly board: string;
  readonly trace: string;
  readonly mode: LockModeName;
  readonly user: User;
  readonly stream: TraceStream | undefined;
  /** LogLine when a request is sent. @returns whom to tell when that is answered. */
  readonly begun: () => () => void;
}

const kinds = { A: 'pay', B: 'cancel' } as const;
/** Short, and long enough to be seen in the picture. */
const gatewayMs = 40;
/** A request that has waited for so long at its guard is taken for kept out. */
const patienceMs = 300;
const comesWithinMs = 8000;
const lookEveryMs = 40;

export function startPair({ board, trace, mode, user, stream, begun }: SteppedPairOptions): SteppedPair {
  const states = signal<RequestStates>(nothingSent);
  const run = signal<Run>({ mode, user, calls: [], events: [], state: 'running' });
  const idOf = (name: Name) => `${kinds[name]}-${name}-${board}`;
  const own = new Set(names.map(idOf));
  const ends: Promise<void>[] = [];
  const callOf = (name: Name) => run.value.calls.find((made) => made.name === name);
  const stopListening = stream?.listen((event) => {
    if (own.has(event.requestId)) run.value = { ...run.value, events: [...run.value.events, event] };
  });

  function setState(name: Name, requestState: RequestState): void {
    states.value = { ...states.value, [name]: requestState };
  }

  function send(name: Name): void {
    const kind = kinds[name];
    const requestId = idOf(name);
    const made: MadeCall = { name, kind, amount, afterMs: 0, gatewayMs, requestId };
    run.value = { ...run.value, calls: [...run.value.calls, made].sort((a, b) => (a.name < b.name ? -1 : 1)) };
    const chosen = { requestId, mode, gatewayMs, trace, steps: board };
    const ended = begun();
    const end = call({ kind, userId: user.id, amount, ...chosen }).then((answer) => {
      ended();
      const calls = run.value.calls.map((other) => (other.name === name ? { ...other, answer } : other));
      run.value = { ...run.value, calls };
      if (states.value[name].state === 'blocked') setState(name, answeredWhileBlocked(answer));
    });
    ends.push(end);
  }

  async function onBoard(name: Name): Promise<SteppedRequest | undefined> {
    const listed = await stepControl.list(board);
    return listed.outcome === 'ok' ? listed.body.requests.find(({ requestId }) => requestId === idOf(name)) : undefined;
  }

  /** Waits until it is held at another hold than before, has ended, or is kept out. */
  async function settle(name: Name, holdsBefore: number): Promise<void> {
    const since = performance.now();
    let waitsSince: number | undefined;
    while (performance.now() - since < comesWithinMs) {
      const listed = await onBoard(name);
      const answer = callOf(name)?.answer;
      if (answer) return setState(name, { state: 'ended', answer });
      if (listed?.heldBefore && listed.holds > holdsBefore) {
        return setState(name, { state: 'held', before: listed.heldBefore, next: listed.next ?? '' });
      }
      // Without the trace, whoever was never held is taken for one who waits.
      const waits = stream?.state.value === 'open' ? isWaiting(run.value.events, idOf(name)) : listed?.holds === 0;
      waitsSince = waits ? (waitsSince ?? performance.now()) : undefined;
      if (waitsSince !== undefined && performance.now() - waitsSince > patienceMs) {
        return setState(name, { state: 'blocked', timedOut: false });
      }
      await sleep(lookEveryMs);
    }
    throw new Error(`The ${kinds[name]} did not continue within ${comesWithinMs / 1000} s.`);
  }

  async function recheck(name: Name): Promise<void> {
    if (states.value[name].state === 'blocked') await settle(name, 0);
  }

  async function untilAnswered(name: Name): Promise<void> {
    const deadline = performance.now() + comesWithinMs;
    while (performance.now() < deadline) {
      const answer = callOf(name)?.answer;
      if (answer) return setState(name, { state: 'ended', answer });
      await sleep(lookEveryMs);
    }
    throw new Error(`The ${kinds[name]} was resumed, but not answered within ${comesWithinMs / 1000} s.`);
  }

  async function begin(name: Name): Promise<void> {
    if (states.value[name].state !== 'not sent') return;
    send(name);
    await settle(name, 0);
  }

  return {
    run,
    states,
    recheck,
    async step(name) {
      await begin(name);
      if (states.value[name].state === 'held') {
        const listed = await onBoard(name);
        await stepControl.release(board, idOf(name));
        await settle(name, listed?.holds ?? 0);
      }
      await recheck(name === 'A' ? 'B' : 'A'); // whom the move may have let in
    },
    async isIntact() {
      for (const name of names) {
        const { state } = states.value[name];
        if (state !== 'held' && state !== 'blocked') continue;
        const listed = await onBoard(name);
        if (!listed || callOf(name)?.answer || (listed.heldBefore !== null) !== (state === 'held')) return false;
      }
      return true;
    },
    async resume() {
      for (const name of names) await begin(name);
      const resumed = await stepControl.resume(board);
      if (resumed.outcome !== 'ok') return 'Resuming failed: the step control did not answer. Try again.';
      for (const name of names) await untilAnswered(name);
      return undefined;
    },
    async finish() {
      await untilTraced(stream, () => isEnded(run.value));
      const after = await fetchUser(user.id);
      run.value = { ...run.value, state: 'done', ...(after.outcome === 'ok' && { after: after.body }) };
    },
    async abandon() {
      stopListening?.();
      await stepControl.resume(board);
      await Promise.race([Promise.all(ends), sleep(comesWithinMs)]);
    },
  };
}
