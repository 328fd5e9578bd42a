import express, { type Request, type RequestHandler } from 'express';
import { isSafeNumber, parse } from 'lossless-json';
import { messageOf } from '../thrown.ts';
import { ProblemError } from './problem.ts';

const read = express.raw({ limit: '16kb', type: 'application/json' });
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Parses a JSON body of at most 16 KiB and rejects other media types. Without a body, `req.body` stays undefined. */
export const jsonBody: RequestHandler = (req, res, next) => {
  if (hasNoBody(req)) return next();
  if (!req.is('application/json')) throw unsupported('The body must be application/json.', 'must be application/json');
  const [, charset] = /;\s*charset\s*=\s*"?([^\s;"]*)/i.exec(req.headers['content-type'] ?? '') ?? [];
  if (charset !== undefined && charset.toLowerCase() !== 'utf-8') {
    throw unsupported(`The body must be in UTF-8, not ${charset}.`, 'must be UTF-8');
  }
  read(req, res, (error: unknown) => {
    if (error) return next(error);
    try {
      req.body = parseStrictly(req.body);
    } catch (refusal) {
      return next(refusal);
    }
    next();
  });
};

/**
 * `JSON.parse` takes the last of two members with the same name, and rounds a number that it cannot hold: neither may decide
 * what a payment costs. Such a number becomes NaN, which the field's schema refuses.
 *
 * @throws {ProblemError} `invalid-json`; `invalid-request` for a name that comes twice with different values.
 */
function parseStrictly(body: Buffer): unknown {
  try {
    return parse(utf8.decode(body), undefined, {
      parseNumber: (text) => (isSafeNumber(text) ? Number(text) : Number.NaN),
      onDuplicateKey({ key }) {
        const detail = 'must be given once';
        throw new ProblemError('invalid-request', `${key} ${detail}`, { errors: [{ field: key, detail }] });
      },
    });
  } catch (error) {
    if (error instanceof ProblemError) throw error;
    throw new ProblemError('invalid-json', messageOf(error), { errors: [{ field: 'body', detail: 'must be JSON' }] });
  }
}

function unsupported(message: string, detail: string): ProblemError {
  return new ProblemError('unsupported-media-type', message, { errors: [{ field: 'Content-Type', detail }] });
}

/** A length of 0 counts as no body: body-parser would turn it into an empty one. */
function hasNoBody({ headers }: Request): boolean {
  return headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) === 0;
}
