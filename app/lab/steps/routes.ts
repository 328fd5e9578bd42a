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
const letGoBody = jsonObject({ requestId: nameSchema.optional() }, '{"requestId": "pay-1"}');

/**
 * Who is held where, and who may go on. Any instance answers for all.
 *
 * - `GET /lab/steps/:session`: `{"session": "…", "requests": [{@link SteppedRequest}, …]}`, held or on their way.
 * - `POST /lab/steps/:session/release` `{"requestId": "…"}`: that one goes on to its next step. 404 when it is not held.
 * - `POST /lab/steps/:session/let-go` `{"requestId": "…"}`: that one is held no more; without a body, all that are in
 *   the session. 404 when there is no such request.
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
        const { requestId } = valid(letGoBody, req.body ?? {}, 'body');
        const letGo = await orUnavailable(board.letGo(session, requestId));
        if (requestId !== undefined && letGo.length === 0) throw notFound(session, requestId, 'is under way');
        res.json({ letGo });
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
