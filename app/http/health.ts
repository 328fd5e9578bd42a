import { Router } from 'express';
import { z } from 'zod';
import { aliveSchema } from './alive-schema.ts';
import { handle } from './methods.ts';
import { ProblemError, retryAfter } from './problem.ts';
import type { Readiness } from './readiness.ts';

export interface HealthDeps {
  readonly instance: string;
  /** Number of payments in progress. */
  readonly inFlight: { readonly count: number };
  readonly isDraining: () => boolean;
  readonly readiness: Readiness;
}

const readySchema = z.object({
  status: z.literal('ready'),
  instance: z.string(),
  warnings: z.array(z.string()).optional().describe('Settings of its servers that can cost payments.'),
});

/** `GET /healthz`: this process is alive. `GET /readyz`: it can pay. */
export function healthRoutes({ instance, inFlight, isDraining, readiness }: HealthDeps): Router {
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
      summary: 'This instance can pay: it is not shutting down, gets its locks, and the database takes writes.',
      answers: { 200: readySchema },
      problems: ['unavailable'],
      run: async (_given, _req, res) => {
        if (isDraining())
          throw new ProblemError('unavailable', 'This instance is shutting down.', { headers: retryAfter(0) });
        const unready = await readiness.check();
        if (unready) {
          throw new ProblemError('unavailable', unready.why, { headers: retryAfter(0), cause: unready.cause });
        }
        const warnings = readiness.warnings();
        res.json({ status: 'ready', instance, ...(warnings.length > 0 && { warnings }) });
      },
    },
  });
  return router;
}
