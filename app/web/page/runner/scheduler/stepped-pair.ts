import { type ReadonlySignal, signal } from '@preact/signals';
import type { SteppedRequest } from '../../../../lab/steps/board.ts';
import { type LockModeName, lockModeTraits } from '../../../../lock-modes/registry.ts';
import type { User } from '../../../../payments/users.ts';
import { call, fetchUser, stepControl } from '../../api/lab.ts';
import type { TraceStream } from '../../api/trace-stream.ts';
import { sleep } from '../../sleep.ts';
import { isWaiting, type MadeCall, type Run } from '../../state/run.ts';
import {
  type Name,
  names,
  nothingSent,
  type RequestState,
  type RequestStates,
} from '../../state/scheduler/stepping.ts';
import { amount } from '../../state/settings.ts';
import { isEnded } from '../../state/traced.ts';
import { untilTraced } from '../traced.ts';

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
  /**
   * Asks what has become of both. Held and blocked requests have time limits, and leases expire. Must not be called during
   * a step; the answer of one that a step overtakes is dropped.
   *
   * @returns true if a state has changed.
   */
  look(): Promise<boolean>;
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
  /** @returns the instance for a request whose rival runs on `rivals`; undefined leaves it to nginx. */
  readonly placeBeside: (rivals: string) => string | undefined;
  /** Called when a request is sent. @returns a function to call when it is answered. */
  readonly begun: () => () => void;
}

const kinds = { A: 'pay', B: 'cancel' } as const;
const rivalOf = (name: Name): Name => (name === 'A' ? 'B' : 'A');
/** Short, and long enough to be seen in the picture. */
const gatewayMs = 40;
/** A request that has waited this long for its guard counts as blocked. */
const patienceMs = 300;
const comesWithinMs = 8000;
const lookEveryMs = 40;

export function startPair(options: SteppedPairOptions): SteppedPair {
  const { board, trace, mode, user, stream, placeBeside, begun } = options;
  const states = signal<RequestStates>(nothingSent);
  const run = signal<Run>({ mode, user, calls: [], events: [], state: 'running' });
  const idOf = (name: Name) => `${kinds[name]}-${name}-${board}`;
  const own = new Set(names.map(idOf));
  const ends: Promise<void>[] = [];
  /** The number of each request's last hold. */
  const holds: Record<Name, number> = { A: 0, B: 0 };
  const instances: Partial<Record<Name, string>> = {};
  let steps = 0;
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
    const rivals = instances[rivalOf(name)];
    const instance = rivals === undefined ? undefined : placeBeside(rivals);
    const chosen = { requestId, mode, gatewayMs, trace, steps: board, instance };
    const ended = begun();
    const end = call({ kind, userId: user.id, amount, ...chosen }).then((answer) => {
      ended();
      const calls = run.value.calls.map((other) => (other.name === name ? { ...other, answer } : other));
      run.value = { ...run.value, calls };
    });
    ends.push(end);
  }

  /** @returns undefined if the step control does not answer. */
  async function onBoard(): Promise<Partial<Record<Name, SteppedRequest>> | undefined> {
    const listed = await stepControl.list(board);
    if (listed.outcome !== 'ok') return undefined;
    const found: Partial<Record<Name, SteppedRequest>> = {};
    for (const name of names) {
      const request = listed.body.requests.find(({ requestId }) => requestId === idOf(name));
      if (!request) continue;
      found[name] = request;
      instances[name] = request.instance;
    }
    return found;
  }

  /** The state of a request that was sent, as far as it is certain: answered, or held again. */
  function certainState(name: Name, listed: SteppedRequest | undefined): RequestState | undefined {
    const answer = callOf(name)?.answer;
    if (answer) return { state: 'ended', answer };
    if (!listed?.heldBefore || listed.holds <= holds[name]) return undefined;
    holds[name] = listed.holds;
    return { state: 'held', before: listed.heldBefore, next: listed.next ?? '' };
  }

  /** Where a request that has not come to its next hold may be waiting for its rival. */
  function waitsAt(name: Name, listed: SteppedRequest | undefined): 'entry' | 'write' | undefined {
    // Without the trace, a request that was never held counts as waiting.
    const atEntry = stream?.state.value === 'open' ? isWaiting(run.value.events, idOf(name)) : listed?.holds === 0;
    if (atEntry) return 'entry';
    const before = states.value[name];
    const inWrite = (before.state === 'held' && before.before === 'write') || before.state === 'blocked';
    return inWrite && lockModeTraits[mode].writeRequires === 'isolation' ? 'write' : undefined;
  }

  /** Waits until it is held again, has ended, or is blocked. */
  async function settle(name: Name): Promise<void> {
    const since = performance.now();
    let waitsSince: number | undefined;
    while (performance.now() - since < comesWithinMs) {
      const listed = (await onBoard())?.[name];
      const found = certainState(name, listed);
      if (found) return setState(name, found);
      const at = waitsAt(name, listed);
      waitsSince = at ? (waitsSince ?? performance.now()) : undefined;
      if (at && waitsSince !== undefined && performance.now() - waitsSince > patienceMs) {
        return setState(name, { state: 'blocked', at });
      }
      await sleep(lookEveryMs);
    }
    throw new Error(`The ${kinds[name]} did not continue within ${comesWithinMs / 1000} s.`);
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
    await settle(name);
  }

  async function look(): Promise<boolean> {
    const at = steps;
    const listed = await onBoard();
    if (!listed || at !== steps) return false;
    const before = states.value;
    for (const name of names) {
      const { state } = states.value[name];
      if (state === 'not sent' || state === 'ended') continue;
      const found = certainState(name, listed[name]);
      if (found) setState(name, found);
      else if (state === 'held' && listed[name]?.heldBefore === null) setState(name, { state: 'running' });
    }
    return states.value !== before;
  }

  return {
    run,
    states,
    look,
    async step(name) {
      steps += 1;
      await begin(name);
      if (states.value[name].state === 'held') {
        await stepControl.release(board, idOf(name));
        await settle(name);
      }
      const rival = rivalOf(name);
      if (states.value[rival].state !== 'blocked') return;
      if (states.value[name].state === 'ended')
        await settle(rival); // the step has admitted it
      else await look();
    },
    async resume() {
      steps += 1;
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
