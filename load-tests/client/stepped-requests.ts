import { z } from 'zod';
import { steppedRequestSchema } from '../../app/lab/steps/board.ts';
import type { AnsweredCall } from '../verify/operation.ts';
import { callLab } from './lab-client.ts';

/** What each request pays or cancels, in minor units. */
export const amount = 4900;
/** Includes all holds of the request. */
const answerTimeoutMs = 60_000;

const answerSchema = z.union([
  z.object({ status: z.string() }).transform(({ status }) => status),
  z.object({ type: z.string() }).transform(({ type }) => type.replace(/^\/problems\//, '')),
]);

/** @returns the `status`, or the last part of a problem's `type`. */
export async function post(
  url: string,
  { userId, command, headers }: { userId: number; command: 'pay' | 'cancel'; headers: Record<string, string> },
): Promise<string> {
  const response = await fetch(new URL(`/users/${userId}/${command}`, url), {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ amount }),
    signal: AbortSignal.timeout(answerTimeoutMs),
  });
  return answerSchema.parse(await response.json());
}

/** A request that the step control holds before each step, as its client sees it. */
export interface SteppedRequest {
  /** Undefined until it is answered. */
  readonly operation: AnsweredCall | undefined;
  /** Set when it cannot be answered any more. */
  readonly failure: Error | undefined;
  /** Resolves when it was answered or failed. */
  readonly ended: Promise<void>;
}

export interface SteppedRequestOptions {
  /** Target instance. */
  readonly url: string;
  readonly session: string;
  readonly requestId: string;
  readonly userId: number;
  readonly command: 'pay' | 'cancel';
  readonly mode: string;
}

export function sendStepped(options: SteppedRequestOptions): SteppedRequest {
  const { url, session, requestId, mode, userId, command } = options;
  const invokedAtMs = performance.now();
  let operation: AnsweredCall | undefined;
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

const sessionSchema = z.object({ requests: z.array(steppedRequestSchema) });

/** @returns the session's requests, as the step control sees them. */
export async function listSession(url: string, session: string): Promise<z.output<typeof steppedRequestSchema>[]> {
  return (await callLab(url, `/lab/steps/${session}`, sessionSchema)).requests;
}

/** Lets a held request take its next step. @throws when the request is not held. */
export async function release(url: string, session: string, requestId: string): Promise<void> {
  await callLab(url, `/lab/steps/${session}/release`, z.unknown(), { requestId });
}

/** Lets all requests of the session run to their end. */
export async function resume(url: string, session: string): Promise<void> {
  await callLab(url, `/lab/steps/${session}/let-go`, z.unknown(), {});
}
