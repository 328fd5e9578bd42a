import { Router } from 'express';
import type { Registry } from 'prom-client';
import { handle, text } from '../http/methods.ts';

/**
 * `GET /metrics`: this instance's metrics in the Prometheus text format
 * (https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format). Scrape each instance directly: nginx
 * would pick one of them.
 */
export function metricsRoutes(metrics: Registry): Router {
  const router = Router();
  handle(router, '/metrics', {
    get: {
      summary: 'What this instance has counted since its start, as Prometheus reads it.',
      answers: { 200: text('text/plain') },
      run: async (_given, _req, res) => void res.type(metrics.contentType).send(await metrics.metrics()),
    },
  });
  return router;
}
