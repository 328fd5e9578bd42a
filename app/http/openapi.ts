import { STATUS_CODES } from 'node:http';
import { type Express, type IRouter, Router } from 'express';
import { z } from 'zod';
import { handle, type Operation, type OperationHandler, type RequestSchemas } from './methods.ts';
import { problemPath, problemSchema } from './problem.ts';
import { type ProblemKind, type ProblemType, problems } from './problems.ts';
import { acceptableId } from './request-log.ts';

/**
 * `GET /openapi.json`: the operations of `app` as OpenAPI 3.1 (https://spec.openapis.org/oas/v3.1.1.html), made from what
 * is mounted when it is first asked for. So no route can be left out, and the lab's are in it with `LAB=on` only.
 */
export function openApiRoutes(app: Express): Router {
  const router = Router();
  let document: object | undefined;
  handle(router, '/openapi.json', {
    get: {
      summary: 'This document.',
      answers: { 200: z.looseObject({ openapi: z.string() }) },
      run(_given, _req, res) {
        document ??= openApiDocument(mountedOperations(app.router));
        res.json(document);
      },
    },
  });
  return router;
}

interface MountedOperation {
  readonly path: string;
  readonly method: string;
  readonly operation: Operation;
}

function mountedOperations({ stack }: Pick<IRouter, 'stack'>): MountedOperation[] {
  return stack.flatMap(({ route, handle }) => {
    if (!route) return mountedOperations({ stack: [], ...handle }); // a router is a function with a stack
    return route.stack.flatMap((layer) => {
      const { operation } = layer.handle as OperationHandler;
      return operation ? [{ path: route.path, method: layer.method, operation }] : [];
    });
  });
}

const description = `Every path also answers OPTIONS, HEAD where it has GET, and 405 with \`Allow\` for any other method.
A POST by a page of another site is refused with 403, and with the lab on any request for an unknown host with 421.
Any answer may be a problem (RFC 9457): what is not listed with the operation is nginx's, or a fault of the service.`;

const answerHeaders = {
  'X-Request-Id': 'The id of the request: its own, or a new one.',
  'X-Instance': 'The instance that answered.',
  'X-Lock-Mode': 'The lock mode of the request; where it needs none, the one of the instance.',
  'Retry-After': 'In how many seconds to try again.',
};
const onEveryAnswer = headerRefs('X-Request-Id', 'X-Instance', 'X-Lock-Mode');

function openApiDocument(mounted: readonly MountedOperation[]): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const { path, method, operation } of mounted) {
    const template = path.replace(/:(\w+)/g, '{$1}');
    paths[template] ??= { parameters: [{ $ref: '#/components/parameters/X-Request-Id' }] };
    paths[template][method] = describe(operation);
  }
  const headers = Object.entries(answerHeaders).map(([name, about]) => [
    name,
    { description: about, required: true, schema: { type: 'string' } },
  ]);
  const requestId = {
    name: 'X-Request-Id',
    in: 'header',
    description: 'An id to find the request by. One that does not match is replaced.',
    schema: { type: 'string', pattern: acceptableId.source },
  };
  return {
    openapi: '3.1.1',
    info: { title: 'Payment race lab', version: '1.0.0', description },
    paths,
    components: {
      schemas: { Problem: toJson(problemSchema, 'output') },
      responses: { Problem: { description: 'A problem.', content: problemContent({}) } },
      parameters: { 'X-Request-Id': requestId },
      headers: Object.fromEntries(headers),
    },
  };
}

function describe({ run: _, request = {}, answers, answerHeaders: own, problems = [], ...words }: Operation): object {
  const { path, query, headers, body } = request;
  const ownHeaders = fieldsOf(own).map(([name, field]) => [name, describeField(field)]);
  const answered = Object.entries(answers).map(([status, schema]) => [
    status,
    {
      description: schema.description ?? STATUS_CODES[status],
      headers: { ...onEveryAnswer, ...Object.fromEntries(ownHeaders) },
      content: {
        [String(schema.meta()?.contentMediaType ?? 'application/json')]: { schema: toJson(schema, 'output') },
      },
    },
  ]);
  return {
    ...words,
    parameters: Object.entries({ path, query, header: headers }).flatMap(([place, schema]) =>
      fieldsOf(schema).map(([name, field]) => ({ name, in: place, ...describeField(field) })),
    ),
    ...(body && {
      requestBody: { required: isRequired(body), content: { 'application/json': { schema: toJson(body, 'input') } } },
    }),
    responses: {
      ...problemResponses([...refusalsOf(request), ...problems]),
      ...Object.fromEntries(answered),
      default: { $ref: '#/components/responses/Problem' },
    },
  };
}

function fieldsOf(schema: z.ZodObject | undefined): [string, z.ZodType][] {
  return Object.entries<z.ZodType>(schema?.shape ?? {});
}

/** A parameter or header. It is documented as what its text is read as; an array is separated by commas. */
function describeField(field: z.ZodType): object {
  const { description, ...schema } = toJson(field, 'output');
  return { description, required: isRequired(field), ...(schema.type === 'array' && { explode: false }), schema };
}

function isRequired(schema: z.ZodType): boolean {
  return !schema.safeParse(undefined).success;
}

/** The problems of a request that does not match its schemas. */
function refusalsOf({ path, query, headers, body }: RequestSchemas): ProblemType[] {
  return [
    ...((path ?? query ?? headers ?? body) ? (['invalid-request'] as const) : []),
    ...((path ?? body) ? (['bad-request'] as const) : []),
    ...(body ? (['invalid-json', 'too-large', 'unsupported-media-type'] as const) : []),
  ];
}

/** One response for each status that the problems have. */
function problemResponses(types: readonly ProblemType[]): object {
  const responses = types.map((type) => {
    const { status } = problems[type];
    const same = types.filter((other) => problems[other].status === status);
    const kinds: ProblemKind[] = same.map((other) => problems[other]);
    return [
      status,
      {
        description: same.map((other) => `- \`${other}\`: ${problems[other].means}`).join('\n'),
        headers: { ...onEveryAnswer, ...(kinds.every(({ retry }) => retry) && headerRefs('Retry-After')) },
        content: problemContent({ properties: { type: { enum: same.map(problemPath) }, status: { const: status } } }),
      },
    ];
  });
  return Object.fromEntries(responses);
}

function problemContent(narrower: object): object {
  return { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem', ...narrower } } };
}

function headerRefs(...names: readonly (keyof typeof answerHeaders)[]): object {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}

/** @returns the schema as JSON has what goes in or comes out. */
function toJson(schema: z.ZodType, io: 'input' | 'output') {
  const { $schema: _, ...json } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any', // dates, see below
    override({ zodSchema, jsonSchema }) {
      if (zodSchema._zod.def.type === 'date') Object.assign(jsonSchema, { type: 'string', format: 'date-time' });
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
      delete jsonSchema.readOnly; // which TypeScript means by it
    },
  });
  return json;
}
