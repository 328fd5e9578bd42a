import type { RequestHandler } from 'express';
import { Histogram, type Registry } from 'prom-client';
import { durationBuckets } from './buckets.ts';

/** What nginx's log has for a request whose client went away before it was answered. */
const clientGone = 499;

/**
 * Counts and times each request by the pattern of its route, never by its path, and by its status: the labels' values
 * are as few as the routes. A path that has no route is `none`.
 */
export function requestMetrics(registry: Registry): RequestHandler {
  const durations = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'How long requests took to answer, by route and status; 499: the client had gone.',
    labelNames: ['route', 'status'],
    buckets: durationBuckets,
    registers: [registry],
  });
  return (req, res, next) => {
    const startedAt = performance.now();
    res.once('close', () => {
      const route: string = req.route?.path ?? 'none';
      const status = res.writableFinished ? res.statusCode : clientGone;
      durations.observe({ route, status }, (performance.now() - startedAt) / 1000);
    });
    next();
  };
}
