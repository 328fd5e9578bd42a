import type { ErrorRequestHandler } from 'express';
import type { Logger } from 'pino';
import { isDatabaseUnreachable } from '../database/errors.ts';
import { toError } from '../thrown.ts';
import { type FieldError, ProblemError, type ProblemType, retryAfter, sendProblem } from './problem.ts';

/** body-parser's errors, by their `type`. */
const parserProblems: Readonly<Record<string, { type: ProblemType; errors: FieldError[] }>> = {
  'entity.too.large': { type: 'too-large', errors: [{ field: 'body', detail: 'must be 16 KiB at most' }] },
  'encoding.unsupported': {
    type: 'unsupported-media-type',
    errors: [{ field: 'Content-Encoding', detail: 'must be gzip, deflate, br or none' }],
  },
};

function toProblem(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  if (isDatabaseUnreachable(error)) {
    return new ProblemError('unavailable', 'The database did not answer, or takes no writes.', {
      headers: retryAfter(0),
      cause: error,
    });
  }
  if (error instanceof Error && 'status' in error && typeof error.status === 'number' && error.status < 500) {
    const known = 'type' in error && typeof error.type === 'string' ? parserProblems[error.type] : undefined;
    return known
      ? new ProblemError(known.type, error.message, { errors: known.errors })
      : new ProblemError('bad-request', error.message);
  }
  return new ProblemError('internal', 'Unexpected error. Search the log for this request id.', { cause: error });
}

/** The one place where an error becomes an answer. An unexpected error is logged; its message is never sent. */
export function answerErrors(log: Logger): ErrorRequestHandler {
  return (error, req, res, next) => {
    if (res.headersSent) return next(error);
    const problem = toProblem(toError(error));
    if (problem.type === 'internal') log.error({ requestId: req.id, err: error }, 'unexpected error');
    else if (problem.options.cause) log.warn({ requestId: req.id, err: problem.options.cause }, problem.message);
    sendProblem(res, problem);
  };
}
