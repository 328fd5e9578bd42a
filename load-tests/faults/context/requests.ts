import { setTimeout as sleep } from 'node:timers/promises';
import type { HoldPoint } from '../../../app/lab/steps/board.ts';
import { listSession, release, resume } from '../../client/stepped-requests.ts';
import { nameOfAnswer } from '../../client/tally.ts';
import type { Instance } from '../../stack/service/instances.ts';
import type { AnsweredCall } from '../../verify/operation.ts';
import type { EventLog } from '../evidence/timeline.ts';
import { Inconclusive } from '../verdict.ts';

/** In minor units. */
export const usualAmount = 4900;

export interface RequestOptions {
  /** Name in the timeline and in request ids: `A` is hit by the fault, `B` is its rival. */
  readonly who: string;
  /** Target instance; nginx might route both requests to the same one. */
  readonly at: Instance;
  readonly userId: number;
  readonly command: 'pay' | 'cancel';
  readonly amount?: number;
  /** Whether the step control holds it before its read, act and write. Default true. */
  readonly stepped?: boolean;
  /** Duration of each call to the payment processor; default: the instance's. */
  readonly gatewayMs?: number;
  /** Name of the payment, the same in its retries. */
  readonly intent?: string;
  /** Its `Idempotency-Key`, the same in its retries. */
  readonly key?: string;
}

/** The step that a request is held before, or its state. */
type Position = HoldPoint | 'answered' | 'in flight';

/** A request as its client and the step control see it. */
export interface SentRequest extends Pick<RequestOptions, 'who' | 'at' | 'userId' | 'key'> {
  readonly requestId: string;
  readonly amount: number;
  readonly invokedAtMs: number;
  /** Undefined until it ends; its answer is `unknown` when none arrived. */
  readonly operation: AnsweredCall | undefined;
  /** Resolves when it was answered or failed. */
  readonly ended: Promise<void>;
  /**
   * Steps the request until it is held before `point`.
   *
   * @throws {Inconclusive} if it is answered first, or not held there before the timeout.
   */
  stepUntil(point: HoldPoint | null, withinMs?: number): Promise<void>;
  /** The same for a request that may be blocked. @returns its position when held there, answered, or timed out. */
  tryStepUntil(point: HoldPoint | null, withinMs: number): Promise<Position>;
  /** Ends its holds. */
  resume(): Promise<void>;
  /** @throws {Inconclusive} if it was answered: then the fault did not stop it. */
  assertUnanswered(): void;
  /** Waits for an answer of a request that may be blocked. @returns whether it was answered. */
  tryAnswer(withinMs: number): Promise<boolean>;
  /** @throws {Inconclusive} if no answer arrives before the timeout. */
  answer(withinMs?: number): Promise<string>;
}

/** For an unblocked request on a busy machine. */
const unblockedWithinMs = 8000;
/** Includes all holds of a request. */
const answerWithinMs = 40_000;
const pollMs = 5;

export interface SendOptions extends RequestOptions {
  /** An instance that no fault affects: its step control serves all. */
  readonly controlUrl: string;
  readonly requestId: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly record: EventLog['record'];
}

export function send(options: SendOptions): SentRequest {
  const { who, at, userId, command, amount = usualAmount, stepped = true, gatewayMs, intent, key } = options;
  const { controlUrl, requestId, headers, record } = options;
  const { name } = at;
  const session = requestId;
  const invokedAtMs = performance.now();
  let operation: AnsweredCall | undefined;
  record(`${who} sends ${command} ${amount} to ${name}`, { kind: 'sent', who, at: name, userId, command, amount });

  const post = async (): Promise<string> => {
    const response = await fetch(new URL(`/users/${userId}/${command}`, at.url), {
      method: 'POST',
      headers: {
        ...headers,
        'content-type': 'application/json',
        'x-request-id': requestId,
        ...(stepped && { 'x-lab-steps': session, 'x-lab-hold-ms': '20000' }),
        ...(intent !== undefined && { 'x-lab-intent': intent }),
        ...(key !== undefined && { 'idempotency-key': key }),
        ...(gatewayMs !== undefined && { 'x-gateway-ms': String(gatewayMs) }),
      },
      body: JSON.stringify({ amount }),
      signal: AbortSignal.timeout(answerWithinMs),
    });
    return nameOfAnswer(await response.text()) ?? `status ${response.status}`;
  };
  const ended = post()
    .catch(() => 'unknown')
    .then((answer) => {
      operation = { call: command, answer, invokedAtMs, returnedAtMs: performance.now(), requestId };
      record(`${who} is answered ${answer}`, { kind: 'answered', who, at: name, answer });
    });

  /** Number of holds that were ended: the step control may still list one that its request is leaving. */
  let holdsEnded = 0;
  async function locate(): Promise<{ position: Position; holds: number }> {
    if (operation) return { position: 'answered', holds: holdsEnded };
    const [listed] = await listSession(controlUrl, session);
    if (!listed?.heldBefore || listed.holds <= holdsEnded) return { position: 'in flight', holds: holdsEnded };
    return { position: listed.heldBefore, holds: listed.holds };
  }
  async function tryStepUntil(point: HoldPoint | null, withinMs: number): Promise<Position> {
    const deadline = performance.now() + withinMs;
    for (;;) {
      const { position, holds } = await locate();
      if (position === point)
        record(`${who} is held before its ${point}`, { kind: 'held', who, at: name, before: position });
      if (position === point || position === 'answered' || performance.now() > deadline) return position;
      if (position !== 'in flight') {
        await release(controlUrl, session, requestId);
        holdsEnded = holds;
      }
      await sleep(pollMs);
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
    ...(key !== undefined && { key }),
    amount,
    invokedAtMs,
    get operation() {
      return operation;
    },
    ended,
    tryStepUntil,
    async stepUntil(point, withinMs = unblockedWithinMs) {
      const position = await tryStepUntil(point, withinMs);
      if (position === point) return;
      const found = position === 'answered' ? `answered ${operation?.answer}` : position;
      throw new Inconclusive(`${who} was ${found}, not held before its ${point}`);
    },
    async resume() {
      if (stepped && !operation) record(`${who} is resumed`, { kind: 'goes-on', who, at: name });
      await resume(controlUrl, session);
    },
    tryAnswer,
    assertUnanswered() {
      if (operation) throw new Inconclusive(`${who} was answered ${operation.answer} despite the fault`);
    },
    async answer(withinMs = unblockedWithinMs) {
      await tryAnswer(withinMs);
      if (!operation) throw new Inconclusive(`${who} was not answered within ${withinMs} ms`);
      return operation.answer;
    },
  };
}
