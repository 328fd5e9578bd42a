import type { RequestHandler, Router } from 'express';
import { ProblemError } from './problem.ts';

type Method = 'get' | 'post';

/** Registers a path's handlers, and answers 405 with `Allow` to other methods. OPTIONS is answered; HEAD follows GET. */
export function handle(
  router: Router,
  path: string,
  handlers: Partial<Record<Method, RequestHandler | RequestHandler[]>>,
): void {
  const route = router.route(path);
  const methods: string[] = ['OPTIONS'];
  for (const [method, handler] of Object.entries(handlers)) {
    route[method as Method](handler);
    methods.push(...(method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()]));
  }
  const allow = methods.sort().join(', ');
  route.all((req, res) => {
    if (req.method === 'OPTIONS') {
      res.set('Allow', allow).status(204).end();
      return;
    }
    throw new ProblemError('method-not-allowed', `${req.method} is not allowed here, only ${allow}.`, {
      headers: { Allow: allow },
    });
  });
}
