import { Router } from 'express';
import { z } from 'zod';
import { handle, text } from './methods.ts';
import { ProblemError } from './problem.ts';
import { problems } from './problems.ts';

/** `GET /problems/:type`: describes a problem's `type`, as RFC 9457 recommends (section 3.1.1). */
export function problemRoutes(): Router {
  const router = Router();
  handle(router, '/problems/:type', {
    get: {
      summary: 'What a type of problem means, in words.',
      request: { path: z.object({ type: z.string() }) },
      answers: { 200: text('text/plain') },
      problems: ['not-found'],
      run({ path: { type } }, req, res) {
        const problem = Object.entries(problems).find(([name]) => name === type)?.[1];
        if (!problem) throw new ProblemError('not-found', `No problem has the type ${req.path}.`);
        res.type('text').send(`${problem.title} (${problem.status})\n\n${problem.means}\n`);
      },
    },
  });
  return router;
}
