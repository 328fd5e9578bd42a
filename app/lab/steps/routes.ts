import { Router } from 'express';
import { z } from 'zod';
import { jsonBody } from '../../http/json-body.ts';
import { handle } from '../../http/methods.ts';
import { ProblemError } from '../../http/problem.ts';
import { jsonObject, valid } from '../../http/validation.ts';
import type { StepBoard } from './board.ts';
import { nameSchema, orUnavailable } from './steps.ts';

const sessionPath = z.object({ session: nameSchema });
const releaseBody = jsonObject({ requestId: nameSchema }, '{"requestId": "pay-1"}');
const resumeBody = jsonObject({ requestId: nameSchema.optional() }, '{"requestId": "pay-1"}');

/**
 * Shows the stepped requests and releases them. Every instance answers for all.
 *
 * - `GET /lab/steps/:session`: `{"session": "…", "requests": [{@link SteppedRequest}, …]}`.
 * - `POST /lab/steps/:session/release` `{"requestId": "…"}`: the request goes on to its next step. 404 if it is not held.
 * - `POST /lab/steps/:session/let-go` `{"requestId": "…"}`: the request is no longer held; without a body, all requests of
 *   the session. 404 if there is no such request.
 */
export function stepsRoutes(board: StepBoard): Router {
  const router = Router();
  handle(router, '/lab/steps/:session', {
    get: async (req, res) => {
      const { session } = valid(sessionPath, req.params, 'path');
      res.json({ session, requests: await orUnavailable(board.list(session)) });
    },
  });
  handle(router, '/lab/steps/:session/release', {
    post: [
      jsonBody,
      async (req, res) => {
        const { session } = valid(sessionPath, req.params, 'path');
        const { requestId } = valid(releaseBody, req.body, 'body');
        if (!(await orUnavailable(board.release(session, requestId)))) throw notFound(session, requestId, 'is held');
        res.json({ released: requestId });
      },
    ],
  });
  handle(router, '/lab/steps/:session/let-go', {
    post: [
      jsonBody,
      async (req, res) => {
        const { session } = valid(sessionPath, req.params, 'path');
        const { requestId } = valid(resumeBody, req.body ?? {}, 'body');
        const resumed = await orUnavailable(board.resume(session, requestId));
        if (requestId !== undefined && resumed.length === 0) throw notFound(session, requestId, 'is in progress');
        res.json({ letGo: resumed });
      },
    ],
  });
  return router;
}

function notFound(session: string, requestId: string, what: string): ProblemError {
  return new ProblemError('not-found', `No request ${requestId} ${what} in the session ${session}.`, {
    errors: [{ field: 'requestId', detail: `must be the id of a request that ${what} in this session` }],
  });
}
