import express, { type Request, type RequestHandler } from 'express';
import { ProblemError } from './problem.ts';

const parse = express.json({ limit: '16kb', type: 'application/json', strict: false });

/** Parses a JSON body of at most 16 KiB and rejects other media types. Without a body, `req.body` stays undefined. */
export const jsonBody: RequestHandler = (req, res, next) => {
  if (hasNoBody(req)) return next();
  if (!req.is('application/json')) {
    throw new ProblemError('unsupported-media-type', 'The body must be application/json.', {
      errors: [{ field: 'Content-Type', detail: 'must be application/json' }],
    });
  }
  parse(req, res, next);
};

/** A length of 0 counts as no body: body-parser would turn it into an empty object. */
function hasNoBody({ headers }: Request): boolean {
  return headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) === 0;
}
