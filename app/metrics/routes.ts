import { Router } from 'express';
import type { Registry } from 'prom-client';
import { handle } from '../http/methods.ts';

/**
 * `GET /metrics`: what this instance has counted since its start, as Prometheus reads it
 * (https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format). Each instance is asked for its own,
 * past nginx, which would pick one of them.
 */
export function metricsRoutes(metrics: Registry): Router {
  const router = Router();
  handle(router, '/metrics', {
    get: async (_req, res) => void res.type(metrics.contentType).send(await metrics.metrics()),
  });
  return router;
}
