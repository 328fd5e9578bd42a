import type { RequestHandler } from 'express';
import type { Logger } from 'pino';
import { requestId } from './request-id.ts';

declare module 'express-serve-static-core' {
  interface Request {
    /** The client's own, if it has sent one that will do. */
    id: string;
  }
}

/** Asked every few seconds by whoever watches over the instance: nobody wants to read that. */
const unlogged = new Set(['/healthz', '/readyz', '/metrics']);

/**
 * Gives each request its id, and logs each answer as one line: as a warning from 500 on, or when the client has gone
 * before it was there.
 */
export function requestLog(log: Logger): RequestHandler {
  return (req, res, next) => {
    req.id = requestId(req);
    const startedAt = performance.now();
    if (!unlogged.has(req.url)) {
      res.once('close', () => {
        const isStream = String(res.getHeader('Content-Type')).startsWith('text/event-stream'); // who listens leaves some time
        const level = (res.writableFinished || isStream) && res.statusCode < 500 ? 'info' : 'warn';
        if (!log.isLevelEnabled(level)) return;
        const { method, originalUrl: url, id } = req;
        const durationMs = Math.round(performance.now() - startedAt);
        const message = res.writableFinished ? 'answered' : 'the client has gone';
        log[level]({ requestId: id, method, url, status: res.statusCode, durationMs }, message);
      });
    }
    next();
  };
}
