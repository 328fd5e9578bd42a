import type { Request, Response } from 'express';
import { z } from 'zod';
import { ProblemError, retryAfter } from '../../http/problem.ts';
import { decimal, valid } from '../../http/validation.ts';
import type { Processor } from '../../payments/processor.ts';
import { createPaymentService, type PaymentService, type PaymentServiceOptions } from '../../payments/service.ts';
import type { RedisConnection } from '../../redis/connection.ts';
import { createStepBoard, type StepBoard, type SteppedRequest } from './board.ts';
import { openHolds, steppingStatuses } from './holds.ts';
import { longestHeldMs } from './limits.ts';
import { heldMode, heldProcessor } from './ports.ts';

/** The step control of one instance. */
export interface Steps {
  readonly board: StepBoard;
  /**
   * A request with `X-Lab-Steps: <session>` is held before each of its steps, read, act (charge or refund) and write, until
   * it is released through `/lab/steps/<session>` on any instance. Each hold lasts at most `X-Lab-Hold-Ms` (default 5000);
   * then the request goes on by itself, and `X-Lab-Steps` of its answer says so. It waits for its lock up to `X-Lab-Wait-Ms`
   * (default: as any request), and its lease is renewed during each hold. What is not renewed, such as the key of `naive`,
   * expires.
   *
   * @param processor the processor to hold before each charge and refund. Default: the service's.
   * @returns the service for a stepped request; undefined for any other.
   * @throws {ProblemError} if a header is invalid; from `execute`, if the session already has the request id or Redis does
   *   not answer. Nothing was done then.
   */
  serviceFor(req: Request, res: Response, processor?: Processor): PaymentService | undefined;
}

export interface StepsOptions {
  readonly redis: RedisConnection;
  readonly redisTimeoutMs: number;
  readonly instance: string;
  /** Aborts when the instance shuts down: no request is held any more. */
  readonly ending: AbortSignal;
  /** The dependencies of the payment service. */
  readonly payments: PaymentServiceOptions;
}

const mustBeName = 'must be 1 to 64 of letters, digits, ".", "_" and "-"';
export const nameSchema = z.string({ error: mustBeName }).regex(/^[A-Za-z0-9._-]{1,64}$/, { error: mustBeName });

export const stepsHeaders = z.object({
  'X-Lab-Steps': nameSchema.optional().describe('The session in which the request is held before each of its steps.'),
  'X-Lab-Hold-Ms': decimal(1, longestHeldMs, ', in milliseconds')
    .default(5000)
    .describe('How long each hold lasts at most.'),
  'X-Lab-Wait-Ms': decimal(0, longestHeldMs, ', in milliseconds')
    .optional()
    .describe('How long a request with `X-Lab-Steps` waits for its lock; by default as long as any other.'),
});
export const stepsAnswerHeaders = z.object({
  'X-Lab-Steps': z
    .enum(steppingStatuses)
    .optional()
    .describe('How the stepping ended, of a request with `X-Lab-Steps`.'),
});

/** @throws {ProblemError} `unavailable` if the board cannot be reached. */
export function orUnavailable<T>(reached: Promise<T>): Promise<T> {
  return reached.catch((cause: unknown) => {
    const detail = 'The step control did not answer. Nothing was done.';
    throw new ProblemError('unavailable', detail, { headers: retryAfter(0), cause });
  });
}

export function createSteps({ redis, redisTimeoutMs, instance, ending, payments }: StepsOptions): Steps {
  const board = createStepBoard(redis, redisTimeoutMs);

  /** @throws {ProblemError} */
  async function enter(session: string, request: SteppedRequest): Promise<void> {
    const entered = await orUnavailable(board.enter(session, request));
    if (entered) return;
    const detail = 'must not be that of another request in this session';
    throw new ProblemError('invalid-request', `X-Request-Id ${detail}`, {
      errors: [{ field: 'X-Request-Id', detail }],
    });
  }

  return {
    board,
    serviceFor(req, res, processor = payments.processor) {
      const given = Object.fromEntries(Object.keys(stepsHeaders.shape).map((name) => [name, req.get(name)]));
      const chosen = valid(stepsHeaders, given, 'headers');
      const { 'X-Lab-Steps': session, 'X-Lab-Hold-Ms': limitMs } = chosen;
      if (session === undefined) return undefined;
      const { 'X-Lab-Wait-Ms': lockWaitMs = payments.lockWaitMs } = chosen;
      const unbounded = { lockWaitMs, workMaxMs: Number.POSITIVE_INFINITY }; // its holds and its wait are bounded
      return {
        async execute(request) {
          const { requestId, userId, kind: command, amount, mode, signal } = request;
          const known = { requestId, userId, command, amount, mode: mode.name, instance };
          const entered = { ...known, heldBefore: null, next: null, holds: 0, saw: null };
          await enter(session, entered);
          const holds = openHolds(entered, {
            board,
            redis,
            timeoutMs: redisTimeoutMs,
            session,
            limitMs,
            signal,
            ending,
          });
          // A wait may be as long as a hold, and nothing is done before it is over.
          const whileWaiting = AbortSignal.any([signal, ending]);
          try {
            const held = createPaymentService({
              ...payments,
              ...unbounded,
              processor: heldProcessor(processor, holds),
            });
            const outcome = await held.execute({ ...request, mode: heldMode(mode, holds), signal: whileWaiting });
            if (outcome.outcome !== 'aborted' || signal.aborted) return outcome;
            return { outcome: 'unavailable', cause: new Error('the instance shuts down') };
          } finally {
            await holds.end();
            res.set('X-Lab-Steps', holds.status);
          }
        },
      };
    },
  };
}
