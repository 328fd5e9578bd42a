import { Router } from 'express';
import { handle } from './methods.ts';
import { ProblemError, problems } from './problem.ts';

/** `GET /problems/:type`: what a problem's `type` means, in words, as RFC 9457 (section 3.1.1) would have it. */
export function problemRoutes(): Router {
  const router = Router();
  handle(router, '/problems/:type', {
    get: (req, res) => {
      const problem = Object.entries(problems).find(([type]) => type === req.params.type)?.[1];
      if (!problem) throw new ProblemError('not-found', `There is no problem of the type ${req.path}.`);
      res.type('text').send(`${problem.title} (${problem.status})\n\n${problem.means}\n`);
    },
  });
  return router;
}
