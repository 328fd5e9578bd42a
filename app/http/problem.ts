import type { Response } from 'express';
import { z } from 'zod';
import { type ProblemType, problems } from './problems.ts';

const fieldErrorSchema = z.object({
  field: z.string().describe('A body field, a path or query parameter, or a header.'),
  detail: z.string().describe('What it must be.'),
});

/** One invalid part of a request. */
export type FieldError = Readonly<z.output<typeof fieldErrorSchema>>;

/** The path that a problem's `type` is, where its meaning can be read. */
export const problemPath = (type: ProblemType): `/problems/${ProblemType}` => `/problems/${type}`;

/** A problem as RFC 9457 gives it, with two members of our own: `errors` and `requestId`. */
export const problemSchema = z.object({
  type: z.enum((Object.keys(problems) as ProblemType[]).map(problemPath)).describe('A path that says what it means.'),
  title: z.string(),
  status: z.int().min(400).max(599),
  detail: z.string(),
  errors: z.array(fieldErrorSchema).optional().describe('The invalid parts of the request.'),
  requestId: z.string(),
});

export interface ProblemOptions {
  readonly errors?: readonly FieldError[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
  /** The request id in the body. Default: this request's. */
  readonly requestId?: string;
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

/** @returns a `Retry-After` header: whole seconds, at least 1. */
export function retryAfter(ms: number): { 'Retry-After': string } {
  return { 'Retry-After': String(Math.max(1, Math.ceil(ms / 1000))) };
}

/** Answers with a problem as in RFC 9457. */
export function sendProblem(res: Response, { type, message, options }: ProblemError): void {
  res
    .status(problems[type].status)
    .set(options.headers ?? {})
    .type('application/problem+json')
    .send(problemBody(type, message, options.requestId ?? res.req.id, options.errors));
}

/** @returns a problem as JSON. */
export function problemBody(
  type: ProblemType,
  detail: string,
  requestId: string,
  errors?: readonly FieldError[],
): string {
  const { status, title } = problems[type];
  return JSON.stringify({ type: problemPath(type), title, status, detail, ...(errors && { errors }), requestId });
}
