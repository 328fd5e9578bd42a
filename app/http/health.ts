import { Router } from 'express';
import { z } from 'zod';
import { handle } from './methods.ts';
import { ProblemError, retryAfter } from './problem.ts';

export interface HealthDeps {
  readonly instance: string;
  /** Number of payments in progress. */
  readonly inFlight: { readonly count: number };
  readonly isDraining: () => boolean;
  /** What an instance needs to serve, by name. Each check rejects, within a time limit, if it is not available. */
  readonly needs: Readonly<Record<string, () => Promise<void>>>;
}

const aliveSchema = z.object({
  status: z.literal('ok'),
  instance: z.string(),
  pid: z.int(),
  inFlight: z.int().min(0).describe('How many payments it is working on.'),
});
const readySchema = z.object({ status: z.literal('ready'), instance: z.string() });

/** `GET /healthz`: this process is alive. `GET /readyz`: it can serve. */
export function healthRoutes({ instance, inFlight, isDraining, needs }: HealthDeps): Router {
  const router = Router();
  handle(router, '/healthz', {
    get: {
      summary: 'This process is alive.',
      answers: { 200: aliveSchema },
      run: (_given, _req, res) => void res.json({ status: 'ok', instance, pid: process.pid, inFlight: inFlight.count }),
    },
  });
  handle(router, '/readyz', {
    get: {
      summary: 'This instance can serve: it is not shutting down, and its servers answer.',
      answers: { 200: readySchema },
      problems: ['unavailable'],
      run: async (_given, _req, res) => {
        if (isDraining())
          throw new ProblemError('unavailable', 'This instance is shutting down.', { headers: retryAfter(0) });
        const checks = await Promise.all(
          Object.entries(needs).map(([name, check]) =>
            check().then(
              () => undefined,
              (cause: Error) => ({ name, cause }),
            ),
          ),
        );
        const failed = checks.find((check) => check !== undefined);
        if (failed) {
          throw new ProblemError('unavailable', `${failed.name} does not answer.`, {
            headers: retryAfter(0),
            cause: failed.cause,
          });
        }
        res.json({ status: 'ready', instance });
      },
    },
  });
  return router;
}
