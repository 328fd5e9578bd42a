import express, { type Request, type RequestHandler } from 'express';
import { ProblemError } from './problem.ts';

const parse = express.json({ limit: '16kb', type: 'application/json', strict: false });

/** Parses a JSON body of at most 16 KiB, and refuses any other media type. Without a body, `req.body` stays undefined. */
export const jsonBody: RequestHandler = (req, res, next) => {
  if (hasNoBody(req)) return next();
  if (!req.is('application/json')) {
    throw new ProblemError('unsupported-media-type', 'The body must be application/json.', {
      errors: [{ field: 'Content-Type', detail: 'must be application/json' }],
    });
  }
  parse(req, res, next);
};

/** A length of 0 is no body either: body-parser would make an empty object of it. */
function hasNoBody({ headers }: Request): boolean {
  return headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) === 0;
}
