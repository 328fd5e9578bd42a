import type { ErrorRequestHandler } from 'express';
import type { Logger } from 'pino';
import { isDatabaseUnreachable } from '../database/errors.ts';
import { createLimitedRate } from '../limited-rate.ts';
import { toError } from '../thrown.ts';
import { type FieldError, ProblemError, retryAfter, sendProblem } from './problem.ts';
import type { ProblemType } from './problems.ts';

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

/** Minimum time between two log lines about the same kind of failure, in milliseconds. */
const logEveryMs = 1000;

/** @returns what failures with the same cause have in common. Their messages name users and keys. */
function kindOf(cause: unknown): string {
  const { name, code } = toError(cause) as Error & { readonly code?: unknown };
  return `${name} ${typeof code === 'string' ? code : ''}`;
}

/** The one place where an error becomes an answer. A cause is logged, at a limited rate; its message is never sent. */
export function answerErrors(log: Logger, onProblem: (type: ProblemType) => void = () => {}): ErrorRequestHandler {
  const passes = createLimitedRate(logEveryMs);
  return (error, req, res, next) => {
    if (res.headersSent) return next(error);
    const problem = toProblem(toError(error));
    const { cause } = problem.options;
    const heldBack = cause === undefined ? undefined : passes(`${problem.type}: ${kindOf(cause)}`);
    if (heldBack !== undefined) {
      const fields = { requestId: req.id, problem: problem.type, ...(heldBack > 0 && { heldBack }) };
      if (problem.type === 'internal') log.error({ ...fields, err: error }, 'unexpected error');
      else log.warn({ ...fields, err: cause }, problem.message);
    }
    onProblem(problem.type);
    sendProblem(res, problem);
  };
}
