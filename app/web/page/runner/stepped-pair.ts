import { type ReadonlySignal, signal } from '@preact/signals';
import type { SteppedRequest } from '../../../lab/steps/board.ts';
import type { LockModeName } from '../../../lock-modes/registry.ts';
import type { User } from '../../../payments/users.ts';
import { call, fetchUser, stepControl } from '../api/lab.ts';
import type { TraceStream } from '../api/trace-stream.ts';
import { sleep } from '../sleep.ts';
import { isWaiting, type MadeCall, type Run } from '../state/run.ts';
import { amount } from '../state/settings.ts';
import {
  answeredWhileBlocked,
  type Name,
  names,
  nothingSent,
  type RequestState,
  type RequestStates,
} from '../state/stepping.ts';
import { isEnded } from '../state/traced.ts';
import { untilTraced } from './traced.ts';

/** A pay and a cancel of one user under the step control. */
export interface SteppedPair {
  readonly run: ReadonlySignal<Run>;
  readonly states: ReadonlySignal<RequestStates>;
  /**
   * Steps one request, sending it first if needed. Resolves when the request is held again, has
   * ended, or is blocked by its guard.
   *
   * @throws an error with a message for the user if it does not continue.
   */
  step(name: Name): Promise<void>;
  /** Checks again the state of a blocked request. */
  recheck(name: Name): Promise<void>;
  /** True if held requests are still held and blocked ones still blocked: both have a time limit. */
  isIntact(): Promise<boolean>;
  /**
   * Resumes both, sending them first if needed; resolves when they have ended.
   *
   * @returns why resuming failed, if it did.
   * @throws an error with a message for the user if one is not answered.
   */
  resume(): Promise<string | undefined>;
  /** Reads the user once both have ended. */
  finish(): Promise<void>;
  /** Ends both in the background. Until then their user may look unpaid, and be chosen again. */
  abandon(): Promise<void>;
}

export interface SteppedPairOptions {
  /** The step control's session, of this pair only. */
  readonly board: string;
  readonly trace: string;
  readonly mode: LockModeName;
  readonly user: User;
  readonly stream: TraceStream | undefined;
  /** Called when a request is sent. @returns a function to call when it is answered. */
  readonly begun: () => () => void;
}

const kinds = { A: 'pay', B: 'cancel' } as const;
/** Short, and long enough to be seen in the picture. */
const gatewayMs = 40;
/** A request that has waited this long for its guard counts as blocked. */
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

  /** Waits until it is held again, has ended, or is blocked. */
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
      // Without the trace, a request that was never held counts as waiting.
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
      await recheck(name === 'A' ? 'B' : 'A'); // the step may have admitted it
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
