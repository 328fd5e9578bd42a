import { Router } from 'express';
import type { Registry } from 'prom-client';
import { handle, text } from '../http/methods.ts';
import { isInternal } from '../http/origin.ts';
import { ProblemError } from '../http/problem.ts';

/**
 * `GET /metrics`: this instance's metrics in the Prometheus text format
 * (https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format). Scrape each instance directly: nginx
 * would pick one of them, and show it to everyone.
 */
export function metricsRoutes(metrics: Registry): Router {
  const router = Router();
  handle(router, '/metrics', {
    get: {
      summary: 'What this instance has counted since its start, as Prometheus reads it.',
      answers: { 200: text('text/plain') },
      problems: ['not-found'],
      async run(_given, req, res) {
        if (!isInternal(req)) throw new ProblemError('not-found', 'Nothing at /metrics: ask the instance itself.');
        res.type(metrics.contentType).send(await metrics.metrics());
      },
    },
  });
  return router;
}
