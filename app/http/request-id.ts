import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** What is taken from a client goes into logs, headers and the books: nothing but these. */
const acceptable = /^[A-Za-z0-9._-]{1,64}$/;

/** @returns the request's own `X-Request-Id` if it is an acceptable one, or a new one. */
export function requestId(req: IncomingMessage): string {
  const given = req.headers['x-request-id'];
  return typeof given === 'string' && acceptable.test(given) ? given : randomUUID();
}
