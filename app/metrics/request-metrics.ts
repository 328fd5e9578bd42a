import type { RequestHandler } from 'express';
import { Counter, Histogram, type Registry } from 'prom-client';
import { type ProblemType, problems as problemTypes } from '../http/problems.ts';
import { durationBuckets } from './buckets.ts';

/** nginx's status for a request whose client disconnected before the answer. */
const clientGone = 499;

/**
 * Counts and times each request by the pattern of its route, never its path, and by its status, so that the number of
 * series is bounded. A path without a route is `none`.
 */
export function requestMetrics(registry: Registry): RequestHandler {
  const durations = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Duration of requests, by route and status; 499: the client disconnected.',
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

/** Counts the problems that requests are answered with, by type: a status does not say what was left half done. */
export function problemMetrics(registry: Registry): (type: ProblemType) => void {
  const problems = new Counter({
    name: 'http_problems_total',
    help: 'Requests answered with a problem, by its type.',
    labelNames: ['type'],
    registers: [registry],
  });
  // From the start: a collector sees no increase in the first sample of a series.
  for (const type of Object.keys(problemTypes)) problems.inc({ type }, 0);
  return (type) => problems.inc({ type });
}
