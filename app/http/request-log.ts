import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { type HttpLogger, pinoHttp } from 'pino-http';
import { requestId } from './request-id.ts';

/** Gives each request its id and a logger that carries it, and logs each answer as one line. */
export function requestLog(logger: Logger): HttpLogger {
  const summary = (req: IncomingMessage, res: ServerResponse) => ({
    method: req.method,
    url: req.url,
    status: res.statusCode,
  });
  return pinoHttp({
    logger,
    genReqId: requestId,
    // Asked every few seconds by whoever watches over the instance: nobody wants to read that.
    autoLogging: { ignore: ({ url }) => url === '/healthz' || url === '/readyz' },
    quietReqLogger: true,
    serializers: { req: () => undefined, res: () => undefined },
    customAttributeKeys: { reqId: 'requestId', responseTime: 'durationMs' },
    customLogLevel: (_req, res) => (res.statusCode >= 500 ? 'warn' : 'info'),
    customSuccessObject: (req, res, { durationMs }) => ({ ...summary(req, res), durationMs }),
    customErrorObject: (req, res, _error, { durationMs }) => ({ ...summary(req, res), durationMs }),
  });
}
