import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';
import type { Logger } from 'pino';

declare module 'express-serve-static-core' {
  interface Request {
    /** The client's `X-Request-Id` if it is acceptable, else a new id. */
    id: string;
  }
}

/** Polled every few seconds by monitors, so not worth a log line. */
const unlogged = new Set(['/healthz', '/readyz', '/metrics']);

/** A client's id is written to logs, headers and the ledger, so only these characters are accepted. */
export const acceptableId = /^[A-Za-z0-9._-]{1,64}$/;

/** @returns the request's `X-Request-Id` if it is acceptable, else a new id. */
function requestId(req: IncomingMessage): string {
  const given = req.headers['x-request-id'];
  return typeof given === 'string' && acceptableId.test(given) ? given : randomUUID();
}

/**
 * Sets each request's id and logs each answer as one line. The level is `warn` from status 500 on, and if the client
 * disconnected before the answer.
 */
export function requestLog(log: Logger): RequestHandler {
  return (req, res, next) => {
    req.id = requestId(req);
    const startedAt = performance.now();
    if (!unlogged.has(req.url)) {
      res.once('close', () => {
        const isStream = String(res.getHeader('Content-Type')).startsWith('text/event-stream'); // ended by its reader
        const level = (res.writableFinished || isStream) && res.statusCode < 500 ? 'info' : 'warn';
        if (!log.isLevelEnabled(level)) return;
        const { method, originalUrl: url, id } = req;
        const durationMs = Math.round(performance.now() - startedAt);
        const message = res.writableFinished ? 'answered' : 'client disconnected';
        log[level]({ requestId: id, method, url, status: res.statusCode, durationMs }, message);
      });
    }
    next();
  };
}
