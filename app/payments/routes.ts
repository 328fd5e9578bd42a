import { type Request, type RequestHandler, type Response, Router } from 'express';
import { z } from 'zod';
import { goneSignal } from '../http/gone-signal.ts';
import type { InFlight } from '../http/in-flight.ts';
import { jsonBody } from '../http/json-body.ts';
import { handle } from '../http/methods.ts';
import { ProblemError, retryAfter } from '../http/problem.ts';
import { decimal, paymentBody, userPath, usersPage, valid } from '../http/validation.ts';
import { type LockMode, type LockModes, lockModeNames, lockModeNeeds } from '../lock-modes/index.ts';
import { longestChosenMs } from './longest-request.ts';
import type { Outcome } from './outcome.ts';
import type { PaymentService } from './service.ts';
import type { Users } from './users.ts';
import { readUsersPage } from './users-page.ts';

export interface PaymentRoutesDeps {
  /** Who is to settle this request; what it throws is the request's answer. */
  readonly serviceFor: (req: Request, res: Response) => PaymentService;
  readonly users: Users;
  readonly modes: LockModes;
  readonly defaultMode: LockMode;
  /** Whether a request may choose its own mode and gateway time. A client must not be able to switch a guard off. */
  readonly lab: boolean;
  readonly inFlight: InFlight;
}

/** What a request may choose for itself; its mode comes out as this instance has it. */
const labHeaders = (modes: LockModes) =>
  z.object({
    'X-Lock-Mode': z
      .enum(lockModeNames, { error: `must be one of ${lockModeNames.join(', ')}` })
      .transform((name, context) => {
        const mode = modes[name];
        if (mode) return mode;
        context.addIssue(`cannot be ${name} on this instance, as ${lockModeNeeds[name]} is not set`);
        return z.NEVER;
      })
      .optional(),
    'X-Gateway-Ms': decimal(0, longestChosenMs, ', in milliseconds').optional(),
  });

export function paymentRoutes({ serviceFor, users, modes, defaultMode, lab, inFlight }: PaymentRoutesDeps): Router {
  const router = Router();
  const headers = labHeaders(modes);

  /** @throws {ProblemError} when the lab is on and a header of its own is wrong. */
  function chooseMode(req: Request): { mode: LockMode; gatewayMs?: number | undefined } {
    if (!lab) return { mode: defaultMode };
    const given = { 'X-Lock-Mode': req.get('X-Lock-Mode'), 'X-Gateway-Ms': req.get('X-Gateway-Ms') };
    if (given['X-Lock-Mode'] === undefined && given['X-Gateway-Ms'] === undefined) return { mode: defaultMode };
    const chosen = valid(headers, given, 'headers');
    return { mode: chosen['X-Lock-Mode'] ?? defaultMode, gatewayMs: chosen['X-Gateway-Ms'] };
  }

  const settle =
    (kind: 'pay' | 'cancel'): RequestHandler =>
    async (req, res) => {
      const { mode, gatewayMs } = chooseMode(req);
      const service = serviceFor(req, res);
      res.set('X-Lock-Mode', mode.name);
      const { id: userId } = valid(userPath, req.params, 'path');
      const { amount } = valid(paymentBody, req.body, 'body');
      const signal = goneSignal(res);
      const outcome = await inFlight.run(() =>
        service.settle({ kind, userId, amount, requestId: req.id, mode, signal, gatewayMs }),
      );
      answer(res, outcome, { userId, amount, requestId: req.id });
    };

  handle(router, '/users/:id/pay', { post: [jsonBody, settle('pay')] });
  handle(router, '/users/:id/cancel', { post: [jsonBody, settle('cancel')] });
  handle(router, '/users', {
    get: async (req, res) => void res.json(await readUsersPage(users, valid(usersPage, req.query, 'query'))),
  });
  handle(router, '/users/:id', {
    get: async (req, res) => {
      const { id } = valid(userPath, req.params, 'path');
      const user = await users.find(id);
      if (!user) throw unknownUser(id);
      res.json(user);
    },
  });
  return router;
}

function unknownUser(id: number): ProblemError {
  return new ProblemError('unknown-user', `There is no user ${id}.`, {
    errors: [{ field: 'id', detail: 'must be the id of a user' }],
  });
}

function answer(res: Response, outcome: Outcome, asked: { userId: number; amount: number; requestId: string }): void {
  switch (outcome.outcome) {
    case 'answered':
      res.json({ status: outcome.answer, ...asked });
      return;
    case 'unknown-user':
      throw unknownUser(asked.userId);
    case 'lock-busy':
      throw new ProblemError('lock-busy', 'Another request for this payment is at work. Nothing was done.', {
        headers: retryAfter(outcome.retryAfterMs),
      });
    case 'stale-write':
      throw new ProblemError(
        'stale-write',
        'The charge was refunded before the payment was recorded. Nothing is owed.',
      );
    case 'unfinished':
      throw new ProblemError('unfinished', 'The request was begun and could not be finished; it will be reconciled.', {
        cause: outcome.cause,
      });
    case 'unavailable':
      throw new ProblemError('unavailable', 'The lock service or the database did not answer. Nothing was done.', {
        headers: retryAfter(0),
        cause: outcome.cause,
      });
    case 'aborted':
      res.destroy(); // nobody is there to be answered
  }
}
