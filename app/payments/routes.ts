import { type Request, type RequestHandler, type Response, Router } from 'express';
import { z } from 'zod';
import { disconnectSignal } from '../http/disconnect-signal.ts';
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
import { readUsersPage } from './users.ts';

export interface PaymentRoutesDeps {
  /** @returns the service that runs this request. @throws what the request is answered with. */
  readonly serviceFor: (req: Request, res: Response) => PaymentService;
  readonly users: Users;
  readonly modes: LockModes;
  readonly defaultMode: LockMode;
  /** True if a request may choose its own mode and processor delay. In production, no client may switch a guard off. */
  readonly lab: boolean;
  readonly inFlight: InFlight;
}

/** The headers by which a request chooses for itself. */
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

  /** @throws {ProblemError} if the lab is on and one of its headers is invalid. */
  function chooseMode(req: Request): { mode: LockMode; gatewayMs?: number | undefined } {
    if (!lab) return { mode: defaultMode };
    const given = { 'X-Lock-Mode': req.get('X-Lock-Mode'), 'X-Gateway-Ms': req.get('X-Gateway-Ms') };
    if (given['X-Lock-Mode'] === undefined && given['X-Gateway-Ms'] === undefined) return { mode: defaultMode };
    const chosen = valid(headers, given, 'headers');
    return { mode: chosen['X-Lock-Mode'] ?? defaultMode, gatewayMs: chosen['X-Gateway-Ms'] };
  }

  const run =
    (kind: 'pay' | 'cancel'): RequestHandler =>
    async (req, res) => {
      const { mode, gatewayMs } = chooseMode(req);
      const service = serviceFor(req, res);
      res.set('X-Lock-Mode', mode.name);
      const { id: userId } = valid(userPath, req.params, 'path');
      const { amount } = valid(paymentBody, req.body, 'body');
      const signal = disconnectSignal(res);
      const outcome = await inFlight.run(() =>
        service.execute({ kind, userId, amount, requestId: req.id, mode, signal, gatewayMs }),
      );
      answer(res, outcome, { userId, amount, requestId: req.id });
    };

  handle(router, '/users/:id/pay', { post: [jsonBody, run('pay')] });
  handle(router, '/users/:id/cancel', { post: [jsonBody, run('cancel')] });
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
      throw new ProblemError('lock-busy', 'Another request for this payment is in progress. Nothing was done.', {
        headers: retryAfter(outcome.retryAfterMs),
      });
    case 'stale-write':
      throw new ProblemError(
        'stale-write',
        'The charge was refunded before the payment was recorded. Nothing is owed.',
      );
    case 'unfinished':
      throw new ProblemError('unfinished', 'The request is half done. The reconcile job will repair it.', {
        cause: outcome.cause,
      });
    case 'unavailable':
      throw new ProblemError('unavailable', 'The lock service or the database did not answer. Nothing was done.', {
        headers: retryAfter(0),
        cause: outcome.cause,
      });
    case 'aborted':
      res.destroy(); // the caller has disconnected
  }
}
