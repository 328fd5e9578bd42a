import { type Request, type Response, Router } from 'express';
import { z } from 'zod';
import { disconnectSignal } from '../http/disconnect-signal.ts';
import type { InFlight } from '../http/in-flight.ts';
import { handle } from '../http/methods.ts';
import { ProblemError, retryAfter } from '../http/problem.ts';
import { decimal, idempotencyKey, labIntent, paymentBody, userPath, usersPage } from '../http/validation.ts';
import type { LockMode, LockModes } from '../lock-modes/index.ts';
import { type LockModeName, lockModeNames, lockModeTraits } from '../lock-modes/registry.ts';
import { longestChosenMs } from './longest-request.ts';
import { answersTo, type Outcome } from './outcome.ts';
import type { PaymentService } from './service.ts';
import { readUsersPage, type Users, userSchema, usersPageSchema } from './users.ts';

/** The headers of the lab that a pay or a cancel may carry, and those of its answer. */
export interface LabHeaders {
  readonly request: z.ZodObject<Record<never, never>>;
  readonly answer: z.ZodObject;
}

/** What the lab adds to a pay and a cancel. */
interface PaymentLab {
  readonly headers: LabHeaders;
  /** @returns true if the request names another instance as its own. @throws what it is answered with. */
  isForAnother(name: string | undefined): Promise<boolean>;
}

export interface PaymentRoutesDeps {
  /** @returns the service that runs this request. @throws what the request is answered with. */
  readonly serviceFor: (req: Request, res: Response) => PaymentService;
  readonly users: Users;
  readonly modes: LockModes;
  readonly defaultMode: LockMode;
  /**
   * Only with the lab on. A request may then choose its own mode and processor delay, too. In production, no client may
   * switch a guard off.
   */
  readonly lab: PaymentLab | undefined;
  readonly inFlight: InFlight;
  /** How many pays and cancels to work on at once; more are refused. */
  readonly maxInFlight: number;
  /** Refuses a pay or a cancel without an idempotency key. */
  readonly requiresKey: boolean;
  /** True if the reconcile job repairs, and does not only report. */
  readonly reconciles: boolean;
}

const keyHeader = (isRequired: boolean) =>
  z.object({
    'Idempotency-Key': idempotencyKey
      .optional()
      .refine((key) => !isRequired || key !== undefined, {
        error: 'is required here',
        params: { problem: 'idempotency-key-missing' },
      })
      .describe(
        'Names this request: sent again with the same key, it is not executed again, and gets the first answer.',
      ),
  });
const replayHeader = z.object({
  'Idempotent-Replayed': z.literal('true').optional().describe('The answer of an earlier request with the same key.'),
});

/** The headers by which a request overrides settings of its instance. */
const choiceHeaders = (modes: LockModes) =>
  z.object({
    'X-Lock-Mode': z
      .enum(lockModeNames, { error: `must be one of ${lockModeNames.join(', ')}` })
      .refine((name) => modes[name], {
        error: ({ input }) =>
          `cannot be ${input} on this instance, as ${lockModeTraits[input as LockModeName].needs} is not set`,
      })
      .optional()
      .describe('The lock mode of this request; by default the one of the instance.'),
    'X-Gateway-Ms': decimal(0, longestChosenMs, ', in milliseconds')
      .optional()
      .describe('How long each call to the payment processor takes.'),
    'X-Lab-Intent': labIntent
      .optional()
      .describe('Names the payment that the client intends: the audit counts those that were charged again.'),
  });

const summaries = {
  pay: 'Charges the user and gives access, unless the user has paid.',
  cancel: 'Refunds the open charges of this amount and takes the access away.',
};

export function paymentRoutes(deps: PaymentRoutesDeps): Router {
  const { serviceFor, users, modes, defaultMode, lab, inFlight, maxInFlight, requiresKey, reconciles } = deps;
  const router = Router();
  const headers = keyHeader(requiresKey).extend(
    lab ? choiceHeaders(modes).extend(lab.headers.request.shape).shape : {},
  );

  for (const kind of ['pay', 'cancel'] as const) {
    handle(router, `/users/:id/${kind}`, {
      post: {
        summary: summaries[kind],
        request: { path: userPath, headers, body: paymentBody },
        answers: { 200: answerSchema(kind), ...(lab && { 307: elsewhereSchema }) },
        answerHeaders: replayHeader.extend(lab?.headers.answer.shape ?? {}),
        problems: [
          ...(lab ? (['not-found'] as const) : []),
          'unknown-user',
          'lock-busy',
          'stale-write',
          'lease-lost',
          'unavailable',
          'unfinished',
          'idempotency-key-in-use',
          'idempotency-key-reused',
          'idempotency-key-missing',
        ],
        async run({ path: { id: userId }, headers: given, body: { amount } }, req, res) {
          if (lab && (await lab.isForAnother(req.get('X-Lab-Instance')))) {
            res.status(307).set('Location', req.originalUrl).json({ status: 'elsewhere' });
            return;
          }
          if (inFlight.count >= maxInFlight) {
            const detail = `This instance is working on ${maxInFlight} payments already. Nothing was done.`;
            throw new ProblemError('unavailable', detail, { headers: retryAfter(1000) });
          }
          const { 'Idempotency-Key': idempotencyKey } = given;
          const chosen = given as z.output<ReturnType<typeof choiceHeaders>>; // empty with the lab off
          const mode = (chosen['X-Lock-Mode'] && modes[chosen['X-Lock-Mode']]) ?? defaultMode;
          const { 'X-Gateway-Ms': gatewayMs, 'X-Lab-Intent': intent } = chosen;
          const service = serviceFor(req, res);
          res.set('X-Lock-Mode', mode.name);
          const signal = disconnectSignal(res);
          const outcome = await inFlight.run(() =>
            service.execute({
              ...{ kind, userId, amount, requestId: req.id, idempotencyKey, intent },
              ...{ mode, signal, gatewayMs },
            }),
          );
          const replayOf = 'replayOf' in outcome ? outcome.replayOf : undefined;
          if (replayOf) res.set('Idempotent-Replayed', 'true');
          if (outcome.outcome === 'unfinished') {
            throw unfinished(outcome.cause, { hasKey: idempotencyKey !== undefined, reconciles });
          }
          answer(res, outcome, { userId, amount, requestId: replayOf?.requestId ?? req.id });
        },
      },
    });
  }
  handle(router, '/users', {
    get: {
      summary: 'The users, in pages.',
      request: { query: usersPage },
      answers: { 200: usersPageSchema },
      problems: ['unavailable'],
      run: async ({ query }, _req, res) => void res.json(await readUsersPage(users, query)),
    },
  });
  handle(router, '/users/:id', {
    get: {
      summary: 'One user.',
      request: { path: userPath },
      answers: { 200: userSchema },
      problems: ['unknown-user', 'unavailable'],
      async run({ path: { id } }, _req, res) {
        const user = await users.find(id);
        if (!user) throw unknownUser(id);
        res.json(user);
      },
    },
  });
  return router;
}

const answerSchema = (kind: 'pay' | 'cancel') =>
  z.object({ status: z.enum(answersTo[kind]), userId: z.int(), amount: z.int(), requestId: z.string() });

const elsewhereSchema = z
  .object({ status: z.literal('elsewhere') })
  .describe('Nothing was done: the request names another instance. Send it again.');

function unknownUser(id: number): ProblemError {
  return new ProblemError('unknown-user', `There is no user ${id}.`, {
    errors: [{ field: 'id', detail: 'must be the id of a user' }],
  });
}

/** The detail names what finishes the request. */
function unfinished(cause: Error, { hasKey, reconciles }: { hasKey: boolean; reconciles: boolean }): ProblemError {
  const byRetry = hasKey ? ' The same request, sent again with its key, finishes it.' : '';
  const byJob = reconciles
    ? ' The reconcile job finishes or undoes what was begun.'
    : ' The reconcile job only reports it here.';
  return new ProblemError('unfinished', `The request may be half done.${byRetry}${byJob}`, { cause });
}

function answer(
  res: Response,
  outcome: Exclude<Outcome, { outcome: 'unfinished' }>,
  asked: { userId: number; amount: number; requestId: string },
): void {
  switch (outcome.outcome) {
    case 'answered':
      res.json({ status: outcome.answer, ...asked });
      return;
    case 'unknown-user':
      throw unknownUser(asked.userId);
    case 'lock-busy':
      throw new ProblemError('lock-busy', 'Another request for this payment is in progress. Nothing has changed.', {
        headers: retryAfter(outcome.retryAfterMs),
      });
    case 'stale-write':
      throw new ProblemError('stale-write', 'The charge was refunded before the payment was answered.', {
        requestId: asked.requestId,
      });
    case 'lease-lost':
      throw new ProblemError('lease-lost', 'The lock was lost before the write. What had been charged was refunded.', {
        headers: retryAfter(0),
      });
    case 'unavailable':
      throw new ProblemError(
        'unavailable',
        'The lock service or the database did not answer. This request did nothing.',
        {
          headers: retryAfter(0),
          cause: outcome.cause,
        },
      );
    case 'key-in-use':
      throw new ProblemError('idempotency-key-in-use', 'A request with this Idempotency-Key is in progress.', {
        headers: retryAfter(outcome.retryAfterMs),
      });
    case 'key-reused':
      throw new ProblemError(
        'idempotency-key-reused',
        'This Idempotency-Key was first sent with another command or amount. Nothing was done.',
      );
    case 'aborted':
      res.destroy(); // the caller has disconnected
  }
}
