import type { Response } from 'express';

/** Every problem that this service answers with, by the last part of its `type`, which is stable. */
export const problems = {
  'invalid-request': {
    status: 400,
    title: 'The request is not valid',
    means:
      'A part of the request is not what it must be; `errors` names each and says what it must be. Nothing was done.',
  },
  'invalid-json': {
    status: 400,
    title: 'The body is not JSON',
    means: 'The body could not be parsed as JSON. Nothing was done.',
  },
  'bad-request': {
    status: 400,
    title: 'The request is malformed',
    means: 'The request is not HTTP as it should be. Nothing was done.',
  },
  'not-found': { status: 404, title: 'There is nothing here', means: 'No resource has this path.' },
  'unknown-user': { status: 404, title: 'There is no such user', means: 'No user has this id. Nothing was done.' },
  'unknown-job': { status: 404, title: 'There is no such job', means: 'No job has this name. Nothing was done.' },
  'method-not-allowed': {
    status: 405,
    title: 'The method is not allowed here',
    means: 'The resource exists; `Allow` lists the methods that it takes.',
  },
  'lock-busy': {
    status: 409,
    title: 'Another request holds the lock',
    means:
      'Another request for this payment held the lock for the whole wait. Nothing was done; try again after `Retry-After`.',
  },
  'stale-write': {
    status: 409,
    title: 'The payment was cancelled while it was made',
    means:
      'The charge was made, and refunded by a cancel before the payment could be recorded. The user is not charged.',
  },
  'job-busy': {
    status: 409,
    title: 'The job cannot be run here now',
    means:
      'Some instance is running it, or has just run it and keeps its lock for a while; or only the leader may run it, which this instance is not. Nothing was done; try again after `Retry-After`.',
  },
  'too-large': { status: 413, title: 'The body is too large', means: 'A body may have 16 KiB. Nothing was done.' },
  'unsupported-media-type': {
    status: 415,
    title: 'The body is not application/json',
    means: 'Bodies must be application/json in UTF-8. Nothing was done.',
  },
  'request-timeout': {
    status: 408,
    title: 'The request took too long to arrive',
    means: 'From nginx. Nothing was done.',
  },
  'length-required': {
    status: 411,
    title: 'The request must say how long it is',
    means: 'From nginx. Nothing was done.',
  },
  'path-too-long': {
    status: 414,
    title: 'The path is too long',
    means: 'nginx takes a path of 8 KiB at most. Nothing was done.',
  },
  'headers-too-large': {
    status: 431,
    title: 'The headers are too large',
    means: 'nginx takes headers of 8 KiB at most, each. Nothing was done.',
  },
  internal: {
    status: 500,
    title: 'The service has failed',
    means: 'A fault of the service, written to its log with the request id. Whether anything was done is not known.',
  },
  unavailable: {
    status: 503,
    title: 'The service cannot be used now',
    means: 'The lock service or the database did not answer. Nothing was done: a guarded request never runs unguarded.',
  },
  unfinished: {
    status: 503,
    title: 'The request was begun and not finished',
    means:
      'Money may have moved without the flag being written, or the other way round; it is finished by the reconcile job. Look before you try again.',
  },
  'not-implemented': {
    status: 501,
    title: 'This is not known here',
    means: 'From nginx: a transfer encoding that it does not know, for one. Nothing was done.',
  },
  'bad-gateway': {
    status: 502,
    title: 'No instance has answered',
    means:
      'From nginx: the instance went away, or none was there. Whether the request was carried out is not known; nginx sends no POST to a second instance. Look before you try again.',
  },
  'gateway-timeout': {
    status: 504,
    title: 'The instance has not answered in time',
    means: 'From nginx. Whether the request was carried out is not known. Look before you try again.',
  },
  'version-not-supported': {
    status: 505,
    title: 'This version of HTTP is not known here',
    means: 'From nginx. Nothing was done.',
  },
} as const satisfies Record<string, { status: number; title: string; means: string }>;

export type ProblemType = keyof typeof problems;

/** One part of the request that is not what it must be. */
export interface FieldError {
  /** A member of the body, a part of the path or query, or a header. */
  readonly field: string;
  readonly detail: string;
}

export interface ProblemOptions {
  readonly errors?: readonly FieldError[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/** Thrown by a handler to answer with a problem. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly type: ProblemType;
  readonly options: ProblemOptions;

  constructor(type: ProblemType, detail: string, options: ProblemOptions = {}) {
    super(detail, { cause: options.cause });
    this.type = type;
    this.options = options;
  }
}

/** @returns what `Retry-After` takes: whole seconds, at least one. */
export function retryAfter(ms: number): { 'Retry-After': string } {
  return { 'Retry-After': String(Math.max(1, Math.ceil(ms / 1000))) };
}

/** Answers with a problem as RFC 9457 gives it. */
export function sendProblem(res: Response, { type, message, options }: ProblemError): void {
  const { status, title } = problems[type];
  res
    .status(status)
    .set(options.headers ?? {})
    .type('application/problem+json')
    .send(
      JSON.stringify({
        type: `/problems/${type}`,
        title,
        status,
        detail: message,
        ...(options.errors && { errors: options.errors }),
        requestId: res.req.id,
      }),
    );
}
