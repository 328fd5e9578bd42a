import { setTimeout as sleep } from 'node:timers/promises';
import { listSession, release, resume, type SessionRequest } from '../../client/stepped-requests.ts';
import { nameOfAnswer } from '../../client/tally.ts';
import type { Instance } from '../../stack/service/instances.ts';
import type { AnsweredCall } from '../../verify/operation.ts';
import type { EventLog } from '../evidence/timeline.ts';
import { Inconclusive } from '../verdict.ts';

/** What everybody pays, in minor units, unless it is told otherwise. */
export const usualAmount = 4900;

export interface RequestOptions {
  /** As the timeline and the request ids have it: `A` meets the fault, `B` is its rival. */
  readonly who: string;
  /** It is sent straight there: nginx would put two requests on one instance now and then. */
  readonly at: Instance;
  readonly userId: number;
  readonly command: 'pay' | 'cancel';
  readonly amount?: number;
  /** Whether the step control holds it before its read, its act and its write. Default true. */
  readonly stepped?: boolean;
  /** How long each call to the processor takes; without it, the instance's own time. */
  readonly gatewayMs?: number;
}

/** Where a request stands: held before a step, answered, or on its way. */
type Standing = NonNullable<SessionRequest['heldBefore']> | 'answered' | 'on its way';

/** A request under way, as its client and the step control see it. */
export interface SentRequest extends Pick<RequestOptions, 'who' | 'at' | 'userId'> {
  readonly requestId: string;
  readonly amount: number;
  readonly invokedAtMs: number;
  /** What its client knows of it; its answer is `unknown` when none came. */
  readonly operation: AnsweredCall | undefined;
  /** Resolves when it was answered, or never will be. */
  readonly ended: Promise<void>;
  /**
   * Has it go on, step by step, until it is held before `point`.
   *
   * @throws {Inconclusive} when it is answered first, or is not there in time.
   */
  until(point: SessionRequest['heldBefore'], withinMs?: number): Promise<void>;
  /** The same for one who may be kept out. @returns where it stands when it is there, answered, or the time is over. */
  tryUntil(point: SessionRequest['heldBefore'], withinMs: number): Promise<Standing>;
  /** It is held no more. */
  letGo(): Promise<void>;
  /** @throws {Inconclusive} when it was answered, and so was not stopped by what was to stop it. */
  isStopped(): void;
  /** Waits for its answer, for a time: it may be kept out. @returns whether it was answered. */
  tryAnswer(withinMs: number): Promise<boolean>;
  /** @throws {Inconclusive} when no answer comes in time. @returns its answer. */
  answer(withinMs?: number): Promise<string>;
}

/** How long what nothing stands in the way of may take, on a busy machine. */
const comesWithinMs = 8000;
/** How long a request may take, all its holds together. */
const answerWithinMs = 40_000;
const lookEveryMs = 5;

export interface SendOptions extends RequestOptions {
  /** Where the step control is asked: an instance that no fault touches. */
  readonly controlUrl: string;
  readonly requestId: string;
  /** Sent with it. */
  readonly headers: Readonly<Record<string, string>>;
  readonly record: EventLog['record'];
}

/** Sends a request; it is under way at once. */
export function send(options: SendOptions): SentRequest {
  const { who, at, userId, command, amount = usualAmount, stepped = true, gatewayMs } = options;
  const { controlUrl, requestId, headers, record } = options;
  const { name } = at;
  const session = requestId;
  const invokedAtMs = performance.now();
  let operation: AnsweredCall | undefined;
  record(`${who} sends ${command} ${amount} to ${name}`, { kind: 'sent', who, at: name, command, amount });

  const ask = async (): Promise<string> => {
    const response = await fetch(new URL(`/users/${userId}/${command}`, at.url), {
      method: 'POST',
      headers: {
        ...headers,
        'content-type': 'application/json',
        'x-request-id': requestId,
        ...(stepped && { 'x-lab-steps': session, 'x-lab-hold-ms': '20000' }),
        ...(gatewayMs !== undefined && { 'x-gateway-ms': String(gatewayMs) }),
      },
      body: JSON.stringify({ amount }),
      signal: AbortSignal.timeout(answerWithinMs),
    });
    return nameOfAnswer(await response.text()) ?? `status ${response.status}`;
  };
  const ended = ask()
    .catch(() => 'unknown')
    .then((answer) => {
      operation = { call: command, answer, invokedAtMs, returnedAtMs: performance.now(), requestId };
      record(`${who} is answered ${answer}`, { kind: 'answered', who, at: name, answer });
    });

  /** The holds that were ended: the board may show one for a while that its request has left, or is leaving. */
  let holdsEnded = 0;
  async function standing(): Promise<{ stands: Standing; holds: number }> {
    if (operation) return { stands: 'answered', holds: holdsEnded };
    const [listed] = await listSession(controlUrl, session);
    if (!listed?.heldBefore || listed.holds <= holdsEnded) return { stands: 'on its way', holds: holdsEnded };
    return { stands: listed.heldBefore, holds: listed.holds };
  }
  async function tryUntil(point: SessionRequest['heldBefore'], withinMs: number): Promise<Standing> {
    const deadline = performance.now() + withinMs;
    for (;;) {
      const { stands, holds } = await standing();
      if (stands === point)
        record(`${who} is held before its ${point}`, { kind: 'held', who, at: name, before: stands });
      if (stands === point || stands === 'answered' || performance.now() > deadline) return stands;
      if (stands !== 'on its way') {
        await release(controlUrl, session, requestId);
        holdsEnded = holds;
      }
      await sleep(lookEveryMs);
    }
  }

  async function tryAnswer(withinMs: number): Promise<boolean> {
    await Promise.race([ended, sleep(withinMs, undefined, { ref: false })]);
    return operation !== undefined;
  }

  return {
    who,
    at,
    requestId,
    userId,
    amount,
    invokedAtMs,
    get operation() {
      return operation;
    },
    ended,
    tryUntil,
    async until(point, withinMs = comesWithinMs) {
      const stands = await tryUntil(point, withinMs);
      if (stands === point) return;
      const where = stands === 'answered' ? `answered ${operation?.answer}` : stands;
      throw new Inconclusive(`${who} was ${where}, and not held before its ${point}`);
    },
    async letGo() {
      if (stepped && !operation) record(`${who} may go on`, { kind: 'goes-on', who, at: name });
      await resume(controlUrl, session);
    },
    tryAnswer,
    isStopped() {
      if (operation) throw new Inconclusive(`${who} was answered ${operation.answer} in spite of the fault`);
    },
    async answer(withinMs = comesWithinMs) {
      await tryAnswer(withinMs);
      if (!operation) throw new Inconclusive(`${who} was not answered within ${withinMs} ms`);
      return operation.answer;
    },
  };
}
