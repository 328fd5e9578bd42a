import type { Request, RequestHandler, Response, Router } from 'express';
import { z } from 'zod';
import { jsonBody } from './json-body.ts';
import { refuseOtherSites } from './origin.ts';
import { ProblemError } from './problem.ts';
import type { ProblemType } from './problems.ts';
import { valid } from './validation.ts';

const methods = ['get', 'post'] as const;
type Method = (typeof methods)[number];

/** The parts of a request that are validated before the operation runs. Anything else is ignored. */
export interface RequestSchemas {
  readonly path?: z.ZodObject | undefined;
  readonly query?: z.ZodObject | undefined;
  readonly headers?: z.ZodObject | undefined;
  /** A JSON body. */
  readonly body?: z.ZodType | undefined;
}

type Parsed<S> = S extends z.ZodType ? z.output<S> : undefined;
type Given<S> = { readonly [Part in keyof S]: Parsed<S[Part]> };

/** One method of one path: its code, and all that `/openapi.json` says of it. */
export interface Operation<S extends RequestSchemas = RequestSchemas> {
  readonly summary: string;
  readonly description?: string;
  readonly request?: S;
  /** The schema of each successful answer, by status: JSON, or {@link text}. */
  readonly answers: Readonly<Record<number, z.ZodType>>;
  /** Headers that an answer may have besides those that every answer has. */
  readonly answerHeaders?: z.ZodObject | undefined;
  /** The problems it answers with. Those of a request that does not match `request` go without saying. */
  readonly problems?: readonly ProblemType[];
  /** Answers. A throw is the error handler's. */
  run(given: Given<S>, req: Request, res: Response): void | Promise<void>;
}

/** The schema of an answer that is not JSON. */
export function text(mediaType: string): z.ZodString {
  return z.string().meta({ contentMediaType: mediaType });
}

/** A request handler that knows its operation, by which the document is made from what is mounted. */
export type OperationHandler = RequestHandler & { readonly operation?: Operation };

/**
 * Registers a path's operations, each behind the validation of its request, and answers 405 with `Allow` to other methods.
 * OPTIONS is answered; HEAD follows GET.
 */
export function handle<G extends RequestSchemas, P extends RequestSchemas>(
  router: Router,
  path: string,
  operations: { readonly get?: Operation<G>; readonly post?: Operation<P> },
): void {
  const route = router.route(path);
  const allowed: string[] = ['OPTIONS'];
  for (const method of methods) {
    const operation = operations[method] as Operation | undefined;
    if (!operation) continue;
    if (method === 'post') route.post(refuseOtherSites);
    if (operation.request?.body) route[method](jsonBody);
    route[method](handlerOf(operation));
    allowed.push(...allowedBy[method]);
  }
  const allow = allowed.sort().join(', ');
  route.all((req, res) => {
    if (req.method === 'OPTIONS') {
      res.set('Allow', allow).status(204).end();
      return;
    }
    throw new ProblemError('method-not-allowed', `${req.method} is not allowed here, only ${allow}.`, {
      headers: { Allow: allow },
    });
  });
}

const allowedBy: Readonly<Record<Method, readonly string[]>> = { get: ['GET', 'HEAD'], post: ['POST'] };

function handlerOf(operation: Operation): OperationHandler {
  const { path, query, headers, body } = operation.request ?? {};
  const handler: RequestHandler = (req, res) => {
    if (req.method !== 'POST') res.set('Cache-Control', 'no-store'); // an operation may say otherwise
    const given = {
      path: path && valid(path, req.params, 'path'),
      query: query && valid(query, req.query, 'query'),
      headers: headers && valid(headers, pickHeaders(headers, req), 'headers'),
      body: body && valid(body, req.body, 'body'),
    };
    return operation.run(given, req, res);
  };
  return Object.assign(handler, { operation });
}

function pickHeaders({ shape }: z.ZodObject, req: Request): Record<string, string | undefined> {
  return Object.fromEntries(Object.keys(shape).map((name) => [name, req.get(name)]));
}
