import { Router } from 'express';
import { z } from 'zod';
import { handle } from '../../http/methods.ts';
import { ProblemError } from '../../http/problem.ts';
import { jsonObject } from '../../http/validation.ts';
import { type StepBoard, steppedRequestSchema } from './board.ts';
import { nameSchema, orUnavailable } from './steps.ts';

const sessionPath = z.object({ session: nameSchema });
const releaseBody = jsonObject({ requestId: nameSchema }, '{"requestId": "pay-1"}');
const resumeBody = jsonObject({ requestId: nameSchema.optional() }, '{"requestId": "pay-1"}').default({});

/** Shows the stepped requests and releases them. Every instance answers for all. */
export function stepsRoutes(board: StepBoard): Router {
  const router = Router();
  handle(router, '/lab/steps/:session', {
    get: {
      summary: 'The stepped requests of the session.',
      request: { path: sessionPath },
      answers: { 200: z.object({ session: z.string(), requests: z.array(steppedRequestSchema) }) },
      problems: ['unavailable'],
      run: async ({ path: { session } }, _req, res) =>
        void res.json({ session, requests: await orUnavailable(board.list(session)) }),
    },
  });
  handle(router, '/lab/steps/:session/release', {
    post: {
      summary: 'Lets a held request go on to its next step.',
      request: { path: sessionPath, body: releaseBody },
      answers: { 200: z.object({ released: z.string() }) },
      problems: ['not-found', 'unavailable'],
      async run({ path: { session }, body: { requestId } }, _req, res) {
        if (!(await orUnavailable(board.release(session, requestId)))) throw notFound(session, requestId, 'is held');
        res.json({ released: requestId });
      },
    },
  });
  handle(router, '/lab/steps/:session/let-go', {
    post: {
      summary: 'No longer holds the request; without a body, all requests of the session.',
      request: { path: sessionPath, body: resumeBody },
      answers: { 200: z.object({ letGo: z.array(z.string()) }) },
      problems: ['not-found', 'unavailable'],
      async run({ path: { session }, body: { requestId } }, _req, res) {
        const resumed = await orUnavailable(board.resume(session, requestId));
        if (requestId !== undefined && resumed.length === 0) throw notFound(session, requestId, 'is in progress');
        res.json({ letGo: resumed });
      },
    },
  });
  return router;
}

function notFound(session: string, requestId: string, what: string): ProblemError {
  return new ProblemError('not-found', `No request ${requestId} ${what} in the session ${session}.`, {
    errors: [{ field: 'requestId', detail: `must be the id of a request that ${what} in this session` }],
  });
}
