import fc, { type Arbitrary } from 'fast-check';
import type { Operation, Parameter, Schema } from './operations.ts';

/** A request as it is sent. */
export interface Input {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** Values that take no time: a request may be held, and the processor may take up to 30 s. */
const quick: Readonly<Record<string, Arbitrary<string>>> = {
  'X-Gateway-Ms': fc.constantFrom('0', '1', '20'),
  'X-Lab-Hold-Ms': fc.constantFrom('1', '5', '20'),
};

/** Where parsers have failed before. */
const oddTexts = fc.constantFrom(
  ...['', ' ', '0', '-1', '-0', '007', '1.5', '1e3', '0x10', '4294967295', '4294967296', '99999999999999999999'],
  ...[
    'NaN',
    'null',
    'undefined',
    'true',
    '[]',
    '{}',
    '__proto__',
    'constructor',
    '../..',
    '%',
    '\\',
    '"',
    "'",
    ';',
    '\u0000',
  ],
  ...['1,2,3', "1' OR '1'='1", '<script>', '\u00e4', '\u2028', '\ud83d\ude00', 'a'.repeat(300), 'a'.repeat(5000)],
);
const wild = fc.oneof(oddTexts, fc.string({ unit: 'binary', maxLength: 30 }), fc.string({ maxLength: 30 }));

const oddBodies = fc.constantFrom(
  ...['', '{', '[', 'null', '"', '{"amount":1,"amount":2}', '{"amount":0.99999999999999999}', '{"amount":1e400}'],
  ...[
    '{"__proto__":{"amount":1}}',
    '{"amount":{"valueOf":1}}',
    '[{"amount":1}]',
    '\ufeff{"amount":1}',
    '{"amount":1}x',
  ],
  ...['['.repeat(10_000), `{"amount":"${'9'.repeat(15_000)}"}`, `{"amount":1${' '.repeat(17_000)}}`],
);

const mediaTypes = fc.oneof(
  { weight: 6, arbitrary: fc.constant('application/json') },
  fc.constantFrom(
    ...['application/json; charset=utf-8', 'application/json;charset=utf-16', 'text/plain', 'a/b', 'json', ''],
  ),
);
const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'PROPFIND', 'QUERY'] as const;

/** Mostly what the operation takes, with one part or the other that it does not. @param ids users that exist. */
export function inputsOf(operation: Operation, ids: () => readonly number[]): Arbitrary<Input> {
  const textFor = (parameter: Parameter): Arbitrary<string> => {
    const { name, schema } = parameter;
    const known = name === 'id' ? fc.nat().map((index) => String(ids()[index % ids().length] ?? 1)) : quick[name];
    return fc.oneof({ weight: 5, arbitrary: known ?? textOf(schema) }, wild);
  };
  const partOf = (place: Parameter['in']) => {
    const own = operation.parameters.filter((parameter) => parameter.in === place);
    const values = Object.fromEntries(own.map((parameter) => [parameter.name, textFor(parameter)]));
    return fc.record(values, place === 'path' ? {} : { requiredKeys: [] });
  };
  const { body: schema } = operation;
  const body = schema
    ? fc.oneof({ weight: 5, arbitrary: valueFor(schema).map((value) => JSON.stringify(value)) }, oddBodies, fc.json())
    : fc.option(oddBodies, { nil: undefined, freq: 8 });
  const method = fc.oneof({ weight: 8, arbitrary: fc.constant(operation.method) }, fc.constantFrom(...methods));
  return fc
    .record({
      method,
      path: partOf('path'),
      query: partOf('query'),
      headers: partOf('header'),
      body,
      mediaType: mediaTypes,
    })
    .map((drawn) => {
      const filled = operation.path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(drawn.path[name] ?? ''));
      const query = new URLSearchParams(drawn.query as Record<string, string>).toString();
      const hasBody = drawn.body !== undefined && !['GET', 'HEAD'].includes(drawn.method);
      const given = Object.entries({ ...drawn.headers, ...(hasBody && { 'Content-Type': drawn.mediaType }) });
      // What a client can send at all.
      const headers = given.map(([name, value]) => [name, String(value).replace(/[^\t\x20-\x7e\x80-\xff]/g, '?')]);
      return {
        method: drawn.method,
        path: query ? `${filled}?${query}` : filled,
        headers: Object.fromEntries(headers),
        body: hasBody ? drawn.body : undefined,
      };
    });
}

const textOf = (schema: Schema): Arbitrary<string> =>
  valueFor(schema).map((value) => (Array.isArray(value) ? value.join(',') : String(value)));

/** @returns values that match the schema, as far as it says. */
function valueFor(schema: Schema): Arbitrary<unknown> {
  const { type, enum: values, minimum, maximum, pattern, items, properties = {}, required = [], anyOf } = schema;
  if (values) return fc.constantFrom(...values);
  if (anyOf) return fc.oneof(...anyOf.map(valueFor));
  switch (type) {
    case 'integer':
    case 'number':
      return fc.integer({ min: minimum ?? 0, max: Math.min(maximum ?? 1000, (minimum ?? 0) + 50) });
    case 'boolean':
      return fc.boolean();
    case 'array':
      return fc.array(valueFor(items ?? {}), { maxLength: 5 });
    case 'object': {
      const fields = Object.fromEntries(Object.entries(properties).map(([name, field]) => [name, valueFor(field)]));
      return fc.record(fields, { requiredKeys: required });
    }
    default:
      return pattern === undefined ? fc.string({ maxLength: 10 }) : matching(pattern);
  }
}

function matching(pattern: string): Arbitrary<string> {
  try {
    return fc.stringMatching(new RegExp(pattern), { maxLength: 40 });
  } catch {
    return fc.string({ maxLength: 10 }); // a pattern that the library cannot draw from
  }
}
