import { z } from 'zod';
import { amount } from '../interleavings/pairs.ts';
import type { ToldCall } from '../verify/operation.ts';
import { callLab } from './lab-client.ts';

/** How long a request may take, all its holds together. */
const answerWithinMs = 60_000;

const answerSchema = z.union([
  z.object({ status: z.string() }).transform(({ status }) => status),
  z.object({ type: z.string() }).transform(({ type }) => type.replace(/^\/problems\//, '')),
]);

/** @returns a `status`, or the last part of a problem's `type`. */
export async function post(
  url: string,
  { userId, command, headers }: { userId: number; command: 'pay' | 'cancel'; headers: Record<string, string> },
): Promise<string> {
  const response = await fetch(new URL(`/users/${userId}/${command}`, url), {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ amount }),
    signal: AbortSignal.timeout(answerWithinMs),
  });
  return answerSchema.parse(await response.json());
}

/** A request that is led step by step, as its client sees it. */
export interface LedRequest {
  /** What its client saw of it; undefined until it was answered. */
  readonly operation: ToldCall | undefined;
  /** Why it will never be answered. */
  readonly failure: Error | undefined;
  /** Resolves when it was answered or has failed. */
  readonly ended: Promise<void>;
}

export interface LedOptions {
  /** The instance that it goes to. */
  readonly url: string;
  readonly session: string;
  readonly requestId: string;
  readonly userId: number;
  readonly command: 'pay' | 'cancel';
  readonly mode: string;
}

/** Sends a request that the step control holds. */
export function sendLed({ url, session, requestId, mode, userId, command }: LedOptions): LedRequest {
  const invokedAtMs = performance.now();
  let operation: ToldCall | undefined;
  const headers = {
    'x-lab-steps': session,
    'x-lab-hold-ms': '30000',
    'x-request-id': requestId,
    'x-lock-mode': mode,
  };
  let failure: Error | undefined;
  const ended = post(url, { userId, command, headers }).then(
    (answer) => {
      operation = { call: command, answer, invokedAtMs, returnedAtMs: performance.now() };
    },
    (error: Error) => {
      failure = new Error(`${requestId} was not answered: ${error.message}`, { cause: error });
    },
  );
  return {
    ended,
    get operation() {
      return operation;
    },
    get failure() {
      return failure;
    },
  };
}

const steppedSchema = z.object({
  requestId: z.string(),
  heldBefore: z.enum(['read', 'act', 'write']).nullable(),
  holds: z.number(),
});
const sessionSchema = z.object({ requests: z.array(steppedSchema) });

/** A request of a session, as the step control has it. */
export type Stepped = z.output<typeof steppedSchema>;

export async function listSession(url: string, session: string): Promise<Stepped[]> {
  return (await callLab(url, `/lab/steps/${session}`, sessionSchema)).requests;
}

/** @throws when the request is not held. */
export async function release(url: string, session: string, requestId: string): Promise<void> {
  await callLab(url, `/lab/steps/${session}/release`, z.unknown(), { requestId });
}

/** Lets everybody in the session go on to the end. */
export async function letGo(url: string, session: string): Promise<void> {
  await callLab(url, `/lab/steps/${session}/let-go`, z.unknown(), {});
}
