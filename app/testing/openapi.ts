import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { expect } from 'vitest';
import { type Answer, type Call, call } from './client.ts';

// biome-ignore lint/suspicious/noExplicitAny: what is in the document is what the tests check
type Json = any;

/** Compares the calls of some paths of an instance with its document. */
export function compareWith(document: Json, url: string, paths: readonly string[]) {
  const operations = operationsIn(document);
  const schemaAt = schemasOf(document);
  const seen = new Set<string>();
  return {
    /** Makes the call, and compares the request and the answer with the document. @returns the answer. */
    async expectAnswer(name: string, status: number, path: string, request: Call = {}): Promise<Answer> {
      const operation = operations.find((candidate) => candidate.name === name);
      if (!operation) throw new Error(`${name} is not in the document`);
      const answer = await call(path, { url, method: operation.method.toUpperCase(), ...request });
      expect([name, path, answer.status]).toEqual([name, path, status]);
      seen.add(`${name} ${status}`);

      const place = ['paths', operation.path, operation.method];
      const mediaType = answer.headers.get('content-type')?.split(';')[0] ?? '';
      const isValid = schemaAt(...place, 'responses', String(status), 'content', mediaType, 'schema');
      expect(isValid(answer.body), `${name} ${status}: ${JSON.stringify([answer.body, isValid.errors])}`).toBe(true);
      for (const [header, own] of Object.entries<Json>(operation.responses[status].headers)) {
        const { required, schema } = own.schema ? own : document.components.headers[header];
        const value = answer.headers.get(header);
        if (required) expect([name, header, value]).toEqual([name, header, expect.any(String)]);
        if (schema.enum && value !== null) expect(schema.enum).toContain(value);
      }
      if (request.json !== undefined) {
        const takes = schemaAt(...place, 'requestBody', 'content', 'application/json', 'schema');
        expect([name, request.json, takes(request.json)]).toEqual([name, request.json, ![400, 413].includes(status)]);
      }
      return answer;
    },
    /** @returns the statuses that the document has for these paths and that no call was answered with. */
    unseen: () =>
      operations
        .filter(({ path }) => paths.includes(path))
        .flatMap(({ name, responses }) => Object.keys(responses).map((status) => `${name} ${status}`))
        .filter((answer) => !seen.has(answer) && !answer.endsWith(' default')),
  };
}

interface DocumentedOperation {
  /** Such as `GET /users/{id}`. */
  readonly name: string;
  readonly path: string;
  readonly method: string;
  readonly responses: Json;
}

/** @returns every path and method of the document. */
export function operationsIn({ paths }: Json): DocumentedOperation[] {
  return Object.entries<Json>(paths).flatMap(([path, { parameters: _, ...item }]) =>
    Object.entries<Json>(item).map(([method, { responses }]) => ({
      name: `${method.toUpperCase()} ${path}`,
      path,
      method,
      responses,
    })),
  );
}

/** @returns what validates by the schema at a place in the document, given by the keys that lead there. */
function schemasOf(document: Json): (...keys: string[]) => ValidateFunction {
  const ajv = new Ajv2020({ strict: false, formats: { 'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/ } });
  ajv.addSchema(document, 'openapi');
  return (...keys) => {
    const pointer = keys.map((key) => encodeURIComponent(key.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/');
    const schema = ajv.getSchema(`openapi#/${pointer}`);
    if (!schema) throw new Error(`the document has nothing at ${pointer}`);
    return schema;
  };
}
